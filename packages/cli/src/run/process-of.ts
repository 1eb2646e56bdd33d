import { randomBytes } from "node:crypto";
import type { ContainerConfig } from "@tsbuild/oci";
import type { Mount, ProcessSpec } from "@tsbuild/runtime";
import { readEnvFile } from "../arguments/key-value.ts";
import { parseMount, parseTmpfs, parseVolume } from "../arguments/volume.ts";
import { networkOf } from "../commands/dockerfile-flags.ts";
import type { RunRequest } from "../commands/run.ts";
import type { Terminal } from "../terminal.ts";
import { usageError } from "../usage-error.ts";

const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The process that an image's config and the flags of `run` describe, as Docker puts them together.
 * @throws TsbuildError USAGE where there is nothing to run
 */
export function processOf(config: ContainerConfig, request: RunRequest, terminal: Terminal): ProcessSpec {
  const workdir = request.workdir ?? config.WorkingDir;
  const user = request.user ?? config.User;
  return {
    args: commandOf(config, request),
    env: environmentOf(config, request, terminal.env),
    hostname: request.hostname ?? randomBytes(6).toString("hex"),
    mounts: mountsOf(request, terminal.cwd),
    network: networkOf(request.network),
    extraHosts: request.addHost ?? [],
    privileged: request.privileged ?? false,
    ...(workdir ? { cwd: workdir } : {}),
    ...(user ? { user } : {}),
  };
}

/** `--entrypoint` takes the image's command away too; arguments take the image's command's place. */
function commandOf(config: ContainerConfig, { entrypoint, args, image }: RunRequest): readonly string[] {
  const start = entrypoint === undefined ? (config.Entrypoint ?? []) : entrypoint === "" ? [] : [entrypoint];
  const rest = args.length > 0 || entrypoint !== undefined ? args : (config.Cmd ?? []);
  const command = [...start, ...rest];
  if (command.length > 0) return command;
  throw usageError(`the image ${image} names no command`, { hint: `say one: tsbuild run ${image} COMMAND` });
}

function environmentOf(config: ContainerConfig, request: RunRequest, host: Terminal["env"]): string[] {
  const given = [...(request.envFile ?? []).flatMap(readEnvFile), ...(request.env ?? [])];
  const variables = new Map<string, string>();
  const defaults = request.tty ? [DEFAULT_PATH, "TERM=xterm"] : [DEFAULT_PATH];
  for (const word of [...defaults, ...(config.Env ?? []), ...given]) {
    const cut = word.indexOf("=");
    const name = cut === -1 ? word : word.slice(0, cut);
    const value = cut === -1 ? host[name] : word.slice(cut + 1);
    if (name === "") throw usageError(`--env ${JSON.stringify(word)}: the name is missing`);
    if (value !== undefined) variables.set(name, value);
  }
  return [...variables].map(([name, value]) => `${name}=${value}`);
}

function mountsOf({ volume = [], mount = [], tmpfs = [] }: RunRequest, cwd: string): Mount[] {
  return [
    ...volume.map((text) => parseVolume(text, cwd)),
    ...mount.map((text) => parseMount(text, cwd)),
    ...tmpfs.map(parseTmpfs),
  ];
}
