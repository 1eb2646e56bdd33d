import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { TsbuildError } from "@tsbuild/oci";
import { CommandNotStartedError, type Containers, type OciProcess, openContainers } from "@tsbuild/runtime";
import { version } from "../version.ts";

/** What the command sees of the world. */
export interface RuncContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
}

const USAGE = `Usage: tsbuild-runc [--root FOLDER] COMMAND

  create [--bundle FOLDER] [--config FILE] [--pid-file FILE] ID
  start ID
  run    [--bundle FOLDER] [--config FILE] [--pid-file FILE] [--detach] ID
  exec   [--cwd FOLDER] [--env NAME=VALUE]... [--user UID[:GID]] [--pid-file FILE] ID COMMAND [ARGUMENT...]
  exec   --process FILE ID
  state ID
  kill ID [SIGNAL]
  delete [--force] ID
  list   [--quiet] [--format table|json]
  features

Containers by the operations of the OCI runtime-spec, from bundles with config.json, as runc takes them.`;

/** The state of these containers is kept here where --root does not say otherwise. */
function defaultRoot(env: RuncContext["env"]): string {
  return process.getuid?.() === 0 ? "/run/tsbuild-runc" : join(env.XDG_RUNTIME_DIR ?? "/tmp", "tsbuild-runc");
}

/** Does what the arguments say; the exit code. */
export async function runRunc(args: readonly string[], context: RuncContext): Promise<number> {
  try {
    return await dispatch(args, context);
  } catch (error) {
    context.complain(error instanceof Error ? error.message : String(error));
    return error instanceof CommandNotStartedError ? error.exitCode : 1;
  }
}

/** Options before the command. Those without a meaning here are taken so that callers of runc and crun need not care. */
const GLOBAL = {
  root: { type: "string" },
  log: { type: "string" },
  "log-format": { type: "string" },
  "cgroup-manager": { type: "string" },
  debug: { type: "boolean" },
  "systemd-cgroup": { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const;

const LOCAL = {
  bundle: { type: "string", short: "b" },
  config: { type: "string", short: "f" },
  "pid-file": { type: "string" },
  detach: { type: "boolean", short: "d" },
  force: { type: "boolean" },
  quiet: { type: "boolean", short: "q" },
  format: { type: "string" },
  all: { type: "boolean", short: "a" },
  cwd: { type: "string" },
  env: { type: "string", short: "e", multiple: true },
  user: { type: "string", short: "u" },
  process: { type: "string", short: "p" },
  "no-pivot": { type: "boolean" },
  "no-new-keyring": { type: "boolean" },
} as const;

async function dispatch(args: readonly string[], context: RuncContext): Promise<number> {
  const at = commandIndex(args, GLOBAL);
  const { values: global } = parseArgs({ args: args.slice(0, at), options: GLOBAL });
  if (global.version) return say(context, `tsbuild-runc ${version()}\nspec: 1.0.2`);
  const command = COMMANDS[args[at] ?? ""];
  if (global.help || !command) {
    if (!global.help) throw new TsbuildError("USAGE", `unknown command ${JSON.stringify(args[at] ?? "")}\n\n${USAGE}`);
    return say(context, USAGE);
  }
  const rest = args.slice(at + 1);
  // What follows the name of a container is a command of its own.
  const end = commandIndex(rest, LOCAL);
  const { values, positionals } = parseArgs({ args: rest.slice(0, end), options: LOCAL, allowPositionals: true });
  const after = args[at] === "exec" ? rest.slice(end) : rest.slice(end).filter((word) => !word.startsWith("-"));
  const late =
    args[at] === "exec" ? {} : parseArgs({ args: rest.slice(end), options: LOCAL, allowPositionals: true }).values;
  const containers = openContainers({ root: global.root ?? defaultRoot(context.env) });
  return command({ containers, context, values: { ...values, ...late }, words: [...positionals, ...after] });
}

interface Call {
  readonly containers: Containers;
  readonly context: RuncContext;
  readonly values: ReturnType<typeof parseArgs<{ options: typeof LOCAL }>>["values"];
  /** What is not an option: the name of the container first. */
  readonly words: readonly string[];
}

const COMMANDS: Readonly<Record<string, (call: Call) => Promise<number>>> = {
  create: async (call) => {
    await call.containers.create(idOf(call), creation(call));
    return 0;
  },
  start: async (call) => {
    await call.containers.start(idOf(call));
    return 0;
  },
  run: async (call) => {
    const id = idOf(call);
    if (call.values.detach) {
      await call.containers.create(id, creation(call));
      await call.containers.start(id);
      return 0;
    }
    const { exitCode } = await call.containers.run(id, { ...creation(call), onStart: passSignalsTo });
    return exitCode;
  },
  exec: async (call) => {
    const pidFile = call.values["pid-file"];
    const options = pidFile === undefined ? {} : { pidFile };
    return (await call.containers.exec(idOf(call), processOf(call), options)).exitCode;
  },
  state: async (call) => say(call.context, JSON.stringify(call.containers.state(idOf(call)), null, 2)),
  kill: async (call) => {
    call.containers.kill(idOf(call), call.words[1]);
    return 0;
  },
  delete: async (call) => {
    await call.containers.delete(idOf(call), { force: call.values.force ?? false });
    return 0;
  },
  list: async ({ containers, context, values }) => {
    const states = containers.list();
    if (values.format === "json") return say(context, JSON.stringify(states));
    if (values.quiet) return states.length === 0 ? 0 : say(context, states.map(({ id }) => id).join("\n"));
    const rows = states.map(({ id, pid, status, bundle, created }) => [id, pid, status, bundle, created].join("\t"));
    return say(context, [["ID", "PID", "STATUS", "BUNDLE", "CREATED"].join("\t"), ...rows].join("\n"));
  },
  features: async ({ context }) => say(context, JSON.stringify(FEATURES, null, 2)),
};

/** See features.md of the runtime-spec. */
const FEATURES: object = {
  ociVersionMin: "1.0.0",
  ociVersionMax: "1.1.0",
  hooks: ["prestart", "createRuntime", "poststart", "poststop"],
  mountOptions: ["bind", "rbind", "ro", "rw", "nosuid", "nodev", "noexec", "noatime", "relatime", "strictatime"],
  linux: {
    namespaces: ["ipc", "mount", "network", "pid", "uts"],
    cgroup: { v1: true, v2: true, systemd: false },
    seccomp: { enabled: true },
    apparmor: { enabled: false },
    selinux: { enabled: false },
  },
};

function creation({ values }: Call): { readonly bundle: string; readonly config?: string; readonly pidFile?: string } {
  const { bundle = ".", config, "pid-file": pidFile } = values;
  return { bundle, ...(config === undefined ? {} : { config }), ...(pidFile === undefined ? {} : { pidFile }) };
}

function idOf({ words }: Call): string {
  if (words[0] === undefined) throw new TsbuildError("USAGE", "the name of a container is missing");
  return words[0];
}

function processOf({ values, words }: Call): OciProcess {
  if (values.process !== undefined) return JSON.parse(readFileSync(values.process, "utf8")) as OciProcess;
  const [uid = "0", gid = "0"] = (values.user ?? "0:0").split(":");
  return {
    args: words.slice(1),
    env: values.env ?? [],
    cwd: values.cwd ?? "/",
    user: { uid: Number(uid), gid: Number(gid) },
  };
}

/** The container's process decides what a signal means. */
function passSignalsTo(pid: number): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const) {
    process.on(signal, () => {
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended.
      }
    });
  }
}

/** Where the first word is that is neither an option nor the value of one. */
function commandIndex(
  args: readonly string[],
  options: Readonly<Record<string, { readonly type: string; readonly short?: string }>>,
): number {
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? "";
    if (!word.startsWith("-") || word === "-") return index;
    const found = Object.entries(options).find(
      ([name, { short }]) => word === `--${name}` || word === `-${short}`,
    )?.[1];
    if (found?.type === "string") index++;
  }
  return args.length;
}

function say(context: RuncContext, text: string): number {
  context.print(text);
  return 0;
}
