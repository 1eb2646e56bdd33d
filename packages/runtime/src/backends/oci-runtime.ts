import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TsbuildError } from "@tsbuild/oci";
import { CommandNotStartedError } from "../exit-status.ts";
import type { BatchHost } from "../native/batch.ts";
import { foreignScript } from "../native/foreign-script.ts";
import type { Forker } from "../native/forker.ts";
import { DEFAULT_PATH } from "../native/start-command.ts";
import type { ResourceLimits } from "../process.ts";
import { defaultFilter } from "../seccomp/default-filter.ts";
import type { ContainerSpec } from "../spec/container-spec.ts";
import { ociConfig } from "../spec/oci-config.ts";
import type { Backend, BackendProcess, StartOptions } from "./backend.ts";
import { cgroupsPath, newContainerId, removeCgroup, sweepCgroups } from "./cgroup.ts";
import { notInstalled } from "./find-program.ts";
import { startForeign } from "./foreign-process.ts";
import { conclude } from "./native.ts";

/** A back end that hands the process to an installed runc or crun. */
export function createOciBackend(name: "runc" | "crun", forker: Forker): Backend {
  sweepCgroups();
  return { name, start: (spec, options) => startOci(name, forker, spec, options) };
}

const UNIFIED_CGROUP = "/sys/fs/cgroup/unified";

function startOci(
  name: "runc" | "crun",
  forker: Forker,
  spec: ContainerSpec,
  { folder, terminal: size, limits }: StartOptions,
): BackendProcess {
  const { host } = forker;
  const log = join(folder, "log.json");
  const id = newContainerId();
  const args = writeBundle(name, { host, spec, folder, log, size, id, limits });
  return startForeign(forker, {
    terminal: size,
    script: (terminal) =>
      foreignScript(spec, {
        arch: host.arch,
        command: { args, env: [`PATH=${DEFAULT_PATH}`, `XDG_RUNTIME_DIR=${folder}`] },
        terminal,
        hideUnifiedCgroup: name === "crun" && existsSync(UNIFIED_CGROUP),
      }),
    conclude: (end, script) => {
      removeCgroup(id);
      if (end.notStarted !== undefined) throw notInstalled(name);
      const status = conclude(end, script, spec);
      if (status.exitCode !== 0) throwIfLogged(name, log, spec);
      return status;
    },
  });
}

interface BundleParts {
  readonly host: BatchHost;
  readonly spec: ContainerSpec;
  readonly folder: string;
  readonly log: string;
  readonly size: StartOptions["terminal"];
  readonly id: string;
  readonly limits: ResourceLimits | undefined;
}

/** Writes config.json; the command line that runs it. */
function writeBundle(
  name: "runc" | "crun",
  { host, spec, folder, log, size, id, limits }: BundleParts,
): readonly string[] {
  const config = ociConfig(spec, {
    rootPath: "folder" in spec.root ? spec.root.folder : spec.root.target,
    sources: sourcePaths(spec),
    arch: host.arch,
    terminal: size,
    limits,
    cgroupsPath: spec.userNamespace ? undefined : cgroupsPath(id),
  });
  const state = join(folder, "state");
  mkdirSync(state);
  const complete = name === "crun" && !spec.privileged ? withOwnFilter(config, host) : config;
  writeFileSync(join(folder, "config.json"), JSON.stringify(complete));
  const logFile = name === "crun" ? `file:${log}` : log;
  const cgroups = name === "crun" && spec.userNamespace ? ["--cgroup-manager=disabled"] : [];
  return [name, "--root", state, "--log", logFile, "--log-format", "json", ...cgroups, "run", "--bundle", folder, id];
}

/** crun takes the compiled filter as it is, which saves it compiling one. */
function withOwnFilter(config: object, host: BatchHost): object {
  const data = Buffer.from(defaultFilter(host.arch)).toString("base64");
  return { ...config, annotations: { "run.oci.seccomp_bpf_data": data } };
}

/** Where the script puts the sources of mounts. */
function sourcePaths(spec: ContainerSpec): readonly (string | undefined)[] {
  let content = 0;
  return spec.mounts.map((mount) => {
    if (mount.type === "bind") return mount.source;
    if (mount.type === "content") return `${spec.memoryFolder}/${content++}`;
    if (mount.type === "tmpfs") return undefined;
    return join("folder" in mount.tree ? mount.tree.folder : mount.tree.target, mount.path);
  });
}

/** The runtime's own failures have the exit codes of commands: only its log tells them apart. */
function throwIfLogged(name: string, log: string, spec: ContainerSpec): void {
  const text = existsSync(log) ? readFileSync(log, "utf8") : "";
  const errors = text.split("\n").flatMap((line) => (line.includes('"error"') ? [messageOf(line)] : []));
  const message = errors.at(-1);
  if (message === undefined) return;
  if (/\bexec(?:utable|ve)?\b|open executable/.test(message)) {
    throw new CommandNotStartedError(spec.args[0] ?? "", { text: message });
  }
  throw new TsbuildError("RUNTIME_FAILED", `${name} could not set the process up: ${message}`, {
    hint: "Try the native back end, or run `tsbuild doctor`.",
  });
}

function messageOf(line: string): string {
  try {
    const { msg } = JSON.parse(line) as { msg?: unknown };
    return String(msg);
  } catch {
    return line;
  }
}
