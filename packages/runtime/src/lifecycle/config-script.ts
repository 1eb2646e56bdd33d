import { basename, dirname, join, resolve } from "node:path";
import { TsbuildError } from "@tsbuild/oci";
import { bindSource } from "../bind-source.ts";
import { confine, startLoopback } from "../native/confine.ts";
import { AT_FDCWD, AT_RECURSIVE, MOUNT, NAMESPACE, OPEN, UMOUNT_DETACH } from "../native/kernel-flags.ts";
import type { LauncherArch } from "../native/launcher-elf.ts";
import {
  fillDevices,
  hidePaths,
  makeFolders,
  makeMountPoint,
  moveTree,
  openFolder,
  openTree,
} from "../native/root-file-system.ts";
import { createScript, type ScriptBuilder, type Slot } from "../native/script.ts";
import { candidates, startCommand } from "../native/start-command.ts";
import { REPORT, report, waitForGo } from "../native/supervise.ts";
import { CAPABILITIES } from "../spec/capabilities.ts";
import { DEFAULT_DEVICES } from "../spec/devices.ts";
import type { OciConfig, OciMount, OciProcess } from "./config-json.ts";
import { type MountOptions, readMountOptions } from "./mount-options.ts";
import { limitNumber } from "./rlimits.ts";

export interface ConfigScriptOptions {
  readonly arch: LauncherArch;
  readonly bundle: string;
  /** The fifo that `start` writes to. */
  readonly fifo: string;
  readonly filter: Uint8Array;
  /** The launcher stays, and tells how the container's process ended. */
  readonly wait: boolean;
}

const TYPES: Readonly<Record<string, keyof typeof NAMESPACE>> = {
  mount: "mount",
  pid: "pid",
  ipc: "ipc",
  uts: "uts",
  network: "network",
};
const GO_FD = 5;
const NO_NEW_PRIVS = 38;

/**
 * Compiles a config.json to the script that makes its container: the launcher starts the container's process, tells its
 * number and ends; the process sets itself up, tells that, and waits at the fifo until it may execute its command.
 */
export function configScript(config: OciConfig, options: ConfigScriptOptions): ScriptBuilder {
  const script = createScript(options.arch);
  const process = config.process as OciProcess;
  const pid = script.slot();
  const flags = namespaceFlags(config);
  for (const { type, path } of config.linux?.namespaces ?? []) if (path !== undefined) enter(script, type, path);
  script.call("clone", [flags | 17, 0, 0, 0, 0], { result: pid, onZero: "child", purpose: "to make namespaces" });
  report(script, REPORT.child, pid);
  if (options.wait) reportEnd(script, pid);
  script.call("exit_group", [0]);
  script.label("child");
  waitForGo(script, GO_FD);
  script.call("setsid", []);
  const fifo = script.slot();
  script.call("openat", [AT_FDCWD, options.fifo, OPEN.READ_WRITE | OPEN.CLOEXEC, 0], { result: fifo });
  enterRoot(script, config, options.bundle);
  if (config.hostname !== undefined && (flags & NAMESPACE.uts) !== 0)
    script.call("sethostname", [config.hostname, Buffer.byteLength(config.hostname)]);
  if ((flags & NAMESPACE.network) !== 0) startLoopback(script);
  prepareProcess(script, process, config.linux?.seccomp ? options.filter : undefined);
  requireExecutable(script, process);
  report(script, REPORT.inside, script.slot());
  const byte = script.slot();
  script.call("read", [fifo, byte.address, 1]);
  startCommand(script, { args: process.args, env: process.env ?? [] });
  script.label("abandoned");
  script.call("exit_group", [1]);
  return script;
}

/** Writes a process that is to be started in the namespaces of another one: its status is told. */
export function execScript(
  arch: LauncherArch,
  target: number,
  { process, filter }: { readonly process: OciProcess; readonly filter: Uint8Array | undefined },
): ScriptBuilder {
  const script = createScript(arch);
  const pid = script.slot();
  const files = ["ipc", "uts", "net", "pid", "mnt"].map((name) => {
    const fd = script.slot();
    script.call("openat", [AT_FDCWD, `/proc/${target}/ns/${name}`, OPEN.CLOEXEC, 0], { result: fd });
    return fd;
  });
  for (const fd of files) script.call("setns", [fd, 0], { purpose: "to enter the container" });
  script.call("clone", [17, 0, 0, 0, 0], { result: pid, onZero: "child" });
  report(script, REPORT.child, pid);
  reportEnd(script, pid);
  script.call("exit_group", [0]);
  script.label("child");
  waitForGo(script, GO_FD);
  script.call("setsid", []);
  prepareProcess(script, process, filter);
  startCommand(script, { args: process.args, env: process.env ?? [] });
  script.label("abandoned");
  script.call("exit_group", [1]);
  return script;
}

function reportEnd(script: ScriptBuilder, pid: Slot): void {
  const status = script.slot();
  script.call("wait4", [pid, status.address, 0, 0]);
  report(script, REPORT.status, status);
}

function namespaceFlags(config: OciConfig): number {
  return (config.linux?.namespaces ?? []).reduce((flags, { type, path }) => {
    if (path !== undefined || type === "cgroup") return flags;
    const name = TYPES[type];
    if (name === undefined) throw new TsbuildError("CONFIG_INVALID", `namespaces of type ${type} are not offered`);
    return flags | NAMESPACE[name];
  }, 0);
}

function enter(script: ScriptBuilder, type: string, path: string): void {
  const fd = script.slot();
  script.call("openat", [AT_FDCWD, path, OPEN.CLOEXEC, 0], { result: fd, purpose: `to find the ${type} namespace` });
  script.call("setns", [fd, 0], { purpose: `to enter the ${type} namespace` });
  script.call("close", [fd]);
}

/** In the order of enterRoot in native/root-file-system.ts, and for the reasons given there. */
function enterRoot(script: ScriptBuilder, config: OciConfig, bundle: string): void {
  const root = resolve(bundle, config.root?.path ?? "");
  script.call("mount", ["none", "/", 0, MOUNT.RECURSIVE | MOUNT.PRIVATE, 0]);
  script.call("mount", [root, root, 0, MOUNT.BIND | MOUNT.RECURSIVE, 0], { purpose: "to mount the root" });
  script.call("mount", [0, root, 0, MOUNT.REMOUNT | MOUNT.BIND | MOUNT.NODEV, 0]);
  const devices = DEFAULT_DEVICES.map(({ name }) => openTree(script, `/dev/${name}`, 0));
  const mounts = (config.mounts ?? []).map((mount) => {
    const options = readMountOptions(mount.options ?? []);
    return { mount, opened: openSource(script, mount, { options, bundle }) };
  });
  const oldRoot = openFolder(script, "/");
  script.call("chdir", [root]);
  script.call("pivot_root", [".", "."], { purpose: "to change the root" });
  script.call("chdir", ["/"]);
  for (const { mount, opened } of mounts) {
    attach(script, mount, opened);
    if (mount.destination === "/dev" && mount.type === "tmpfs") fillDevices(script, devices);
  }
  hidePaths(script, { masked: config.linux?.maskedPaths ?? [], readonly: config.linux?.readonlyPaths ?? [] });
  script.call("fchdir", [oldRoot]);
  script.call("mount", ["", ".", 0, MOUNT.RECURSIVE | MOUNT.SLAVE, 0]);
  script.call("umount2", [".", UMOUNT_DETACH]);
  script.call("close", [oldRoot]);
  script.call("chdir", ["/"]);
  if (config.root?.readonly)
    script.call("mount", [0, "/", 0, MOUNT.REMOUNT | MOUNT.BIND | MOUNT.READONLY | MOUNT.NODEV, 0]);
}

/** What comes from the host is opened before the root changes. The hierarchies of cgroups are shown as they are. */
function openSource(
  script: ScriptBuilder,
  { type, source = "" }: OciMount,
  { options, bundle }: { readonly options: MountOptions; readonly bundle: string },
): Opened {
  if (type === "cgroup" || type === "cgroup2")
    return { options, tree: openTree(script, "/sys/fs/cgroup", AT_RECURSIVE), kind: "directory" };
  if (!options.bind && type !== "bind") return { options, tree: undefined, kind: "directory" };
  const { source: path, kind } = bindSource(resolve(bundle, source));
  return { options, tree: openTree(script, path, options.recursive ? AT_RECURSIVE : 0), kind };
}

interface Opened {
  readonly options: MountOptions;
  /** What of the host is to be mounted; undefined for a file system of its own. */
  readonly tree: Slot | undefined;
  readonly kind: "file" | "directory";
}

function attach(
  script: ScriptBuilder,
  { destination, type = "none", source = type }: OciMount,
  { options, tree, kind }: Opened,
): void {
  if (tree) {
    makeMountPoint(script, destination, kind);
    const attributes = options.flags & (MOUNT.READONLY | MOUNT.NOSUID | MOUNT.NODEV | MOUNT.NOEXEC);
    moveTree(script, tree, destination, attributes | MOUNT.NODEV | (type.startsWith("cgroup") ? MOUNT.READONLY : 0));
    return;
  }
  makeFolders(script, destination);
  const folder = script.slot();
  const flags = OPEN.PATH | OPEN.DIRECTORY | OPEN.NOFOLLOW | OPEN.CLOEXEC;
  script.call("openat", [AT_FDCWD, destination, flags, 0], {
    result: folder,
    purpose: `because ${destination} must be a folder`,
  });
  script.call("close", [folder]);
  script.call("mount", [source, destination, type, options.flags, options.data === "" ? 0 : options.data], {
    purpose: `at ${destination}`,
  });
}

/** Limits, folder, capabilities, filter and user of a process. */
function prepareProcess(script: ScriptBuilder, process: OciProcess, filter: Uint8Array | undefined): void {
  const { user = {}, rlimits = [] } = process;
  script.call("umask", [user.umask ?? 0o22]);
  for (const { type, soft, hard } of rlimits) {
    const limit = Buffer.alloc(16);
    limit.writeBigUInt64LE(BigInt(soft), 0);
    limit.writeBigUInt64LE(BigInt(hard), 8);
    script.call("prlimit64", [0, limitNumber(type), script.data(limit), 0], { purpose: `to set ${type}` });
  }
  if (process.oomScoreAdj !== undefined) writeFile(script, "/proc/self/oom_score_adj", String(process.oomScoreAdj));
  makeFolders(script, process.cwd);
  script.call("chdir", [process.cwd], { purpose: "to enter the working directory" });
  if (process.noNewPrivileges) script.call("prctl", [NO_NEW_PRIVS, 1, 0, 0, 0]);
  const identity = {
    uid: user.uid ?? 0,
    gid: user.gid ?? 0,
    additionalGids: user.additionalGids ?? [],
    home: "/",
  };
  confine(
    script,
    { user: identity, capabilities: capabilitiesOf(process), userNamespace: undefined },
    { filter, detached: true },
  );
}

function capabilitiesOf({ capabilities = {} }: OciProcess): readonly string[] {
  const names = (capabilities.bounding ?? []).map((name) => name.replace(/^CAP_/, ""));
  const unknown = names.find((name) => !CAPABILITIES.includes(name));
  if (unknown !== undefined) throw new TsbuildError("CONFIG_INVALID", `there is no capability CAP_${unknown}`);
  return names;
}

/** `create` says already that a command is missing. */
function requireExecutable(script: ScriptBuilder, process: OciProcess): void {
  const X_OK = 1;
  const result = script.slot(-2);
  for (const candidate of candidates({ args: process.args, env: process.env ?? [] })) {
    script.call("faccessat", [AT_FDCWD, candidate, X_OK], { result, onError: "continue", onZero: "executable" });
  }
  report(script, REPORT.notStarted, result);
  script.call("exit_group", [127]);
  script.label("executable");
}

function writeFile(script: ScriptBuilder, file: string, text: string): void {
  const fd = script.slot();
  const purpose = `to write ${join(dirname(file), basename(file))}`;
  script.call("openat", [AT_FDCWD, file, OPEN.WRITE | OPEN.CLOEXEC, 0], { result: fd, purpose });
  script.call("write", [fd, text, text.length], { purpose });
  script.call("close", [fd]);
}
