import type { ContainerConfig } from "@tsbuild/oci";
import { configStep, layerStep } from "../dockerfile/history.ts";
import { resolveDestination, resolveWorkingDirectory, sourcePattern } from "../dockerfile/image-paths.ts";
import { DEFAULT_HOSTNAME, shellWords } from "../dockerfile/shell.ts";
import { withEntry } from "../dockerfile/words.ts";
import type { ExecOp, FileAction, FileOp, Vertex } from "./op.ts";
import type { StateStep } from "./state.ts";
import { type StateDraft, type StateScope, stateVertex } from "./state-draft.ts";

/** Members of the config that are sets: what is given is added to what is there. */
const SETS = ["Labels", "ExposedPorts", "Volumes"] as const;

/** Copies files of `source` on top of `base`. */
export function copyStep(
  step: StateStep & { type: "copy" },
  base: StateDraft,
  source: StateDraft,
  scope: StateScope,
): StateDraft {
  const { os } = base.platform;
  const destination = resolveDestination(directoryOf(base), step.destination, os);
  const files = source.folder ?? source.root;
  const inputs = [base.root, files].filter((vertex) => vertex !== undefined);
  const input = files === undefined ? -1 : inputs.length - 1;
  const actions = step.sources.map(
    (path): FileAction => ({
      type: "copy",
      input,
      sources: [sourcePattern(path, os)],
      destination,
      ...(step.owner === undefined ? {} : { owner: step.owner }),
      ...(step.mode === undefined ? {} : { mode: step.mode }),
      parents: false,
      exclude: step.exclude ?? [],
      unpack: "never",
    }),
  );
  const text = ["COPY", ...step.sources, step.destination].join(" ");
  return layerOn(base, stateVertex(fileOp(base, actions), inputs, text, scope), text);
}

/** Runs a command on top of `base`. */
export function runStep(step: StateStep & { type: "run" }, base: StateDraft, scope: StateScope): StateDraft {
  const { options } = scope;
  const { config, platform, root } = base;
  const args = typeof step.command === "string" ? [...shellWords(config, platform.os), step.command] : step.command;
  const op: ExecOp = {
    type: "exec",
    ...(root === undefined ? { root: -1 as const } : {}),
    args,
    env: config.Env ?? [],
    cwd: directoryOf(base),
    user: config.User ?? "",
    hostname: options.hostname ?? DEFAULT_HOSTNAME,
    network: step.network ?? options.network ?? "default",
    security: "sandbox",
    mounts: (step.mounts ?? []).map(({ target, id }) => ({
      type: "cache",
      id: id ?? target,
      target,
      sharing: "shared",
      readonly: false,
    })),
    extraHosts: options.extraHosts ?? [],
    platform,
  };
  const text = ["RUN", ...args].join(" ");
  return layerOn(base, stateVertex(op, root === undefined ? [] : [root], text, scope), text);
}

/** Sets the working directory and makes it. */
export function workdirStep(step: StateStep & { type: "workdir" }, base: StateDraft, scope: StateScope): StateDraft {
  const WorkingDir = resolveWorkingDirectory(directoryOf(base), step.path, base.platform.os);
  const config = { ...base.config, WorkingDir };
  const text = `WORKDIR ${WorkingDir}`;
  if (WorkingDir === "/") return configOn(base, config, text);
  const { User = "" } = config;
  const action: FileAction = { type: "mkdir", path: WorkingDir, mode: 0o755, ...(User === "" ? {} : { owner: User }) };
  const vertex = stateVertex(fileOp(base, [action]), base.root === undefined ? [] : [base.root], text, scope);
  return { ...layerOn(base, vertex, text, false), config };
}

/** Sets variables, each in its old place where it has one. */
export function envStep({ variables }: StateStep & { type: "env" }, base: StateDraft): StateDraft {
  const pairs = Object.entries(variables);
  let Env = base.config.Env ?? [];
  for (const [name, value] of pairs) Env = withEntry(Env, name, value);
  const text = ["ENV", ...pairs.map(([name, value]) => `${name}=${value}`)].join(" ");
  return configOn(base, { ...base.config, Env }, text);
}

export function userStep({ user }: StateStep & { type: "user" }, base: StateDraft): StateDraft {
  return configOn(base, { ...base.config, User: user }, `USER ${user}`);
}

/** Sets members of the config. */
export function configChange({ config }: StateStep & { type: "config" }, base: StateDraft): StateDraft {
  const sets = SETS.filter((name) => config[name] !== undefined).map(
    (name) => [name, { ...base.config[name], ...config[name] }] as const,
  );
  const merged: ContainerConfig = { ...base.config, ...config, ...Object.fromEntries(sets) };
  return configOn(base, merged, `CONFIG ${JSON.stringify(config)}`);
}

function fileOp({ root }: StateDraft, actions: readonly FileAction[]): FileOp {
  return { type: "file", ...(root === undefined ? { base: -1 as const } : {}), actions };
}

function directoryOf({ config }: StateDraft): string {
  return config.WorkingDir || "/";
}

function layerOn(base: StateDraft, root: Vertex, text: string, marked = true): StateDraft {
  return { ...base, root, folder: undefined, history: [...base.history, layerStep(text, root, { marked })] };
}

function configOn(base: StateDraft, config: ContainerConfig, text: string): StateDraft {
  return { ...base, config, history: [...base.history, configStep(text)] };
}
