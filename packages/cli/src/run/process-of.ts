import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import type { ContainerConfig } from "@tsbuild/oci";
import type { ProcessSpec } from "@tsbuild/runtime";
import { readEnvFile } from "../arguments/key-value.ts";
import { parseMount, parseTmpfs, parseVolume } from "../arguments/volume.ts";
import { networkOf } from "../commands/dockerfile-flags.ts";
import type { RunRequest } from "../commands/run.ts";
import type { Terminal } from "../terminal.ts";
import { usageError } from "../usage-error.ts";

const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What the flags say whatever the image is. */
export type Surroundings = Pick<ProcessSpec, "hostname" | "mounts" | "network" | "extraHosts" | "privileged"> & {
  /** `NAME=value`, or `NAME` for the host's value. */
  readonly variables: readonly string[];
  /** The host's environment. */
  readonly host: Terminal["env"];
};

/**
 * Reads the flags that need no image, so that a mistake in them is told before anything is fetched.
 * @throws TsbuildError USAGE
 */
export function surroundingsOf(request: RunRequest, { cwd, env: host }: Pick<Terminal, "cwd" | "env">): Surroundings {
  const { volume = [], mount = [], tmpfs = [], env = [], envFile = [] } = request;
  return {
    hostname: request.hostname ?? randomBytes(6).toString("hex"),
    mounts: [
      ...volume.map((text) => parseVolume(text, cwd)),
      ...mount.map((text) => parseMount(text, cwd)),
      ...tmpfs.map(parseTmpfs),
    ],
    network: networkOf(request.network),
    extraHosts: request.addHost ?? [],
    privileged: request.privileged ?? false,
    variables: [...envFile.flatMap((file) => readEnvFile(resolve(cwd, file))), ...env],
    host,
  };
}

/**
 * The process that an image's config and the flags of `run` describe, as Docker puts them together.
 * @throws TsbuildError USAGE where there is nothing to run
 */
export function processOf(config: ContainerConfig, request: RunRequest, surroundings: Surroundings): ProcessSpec {
  const { variables, host, ...rest } = surroundings;
  const workdir = request.workdir ?? config.WorkingDir;
  const user = request.user ?? config.User;
  const defaults = request.tty ? [DEFAULT_PATH, "TERM=xterm"] : [DEFAULT_PATH];
  return {
    ...rest,
    args: commandOf(config, request),
    env: environmentOf([...defaults, ...(config.Env ?? []), ...variables], host),
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

/** Later ones beat earlier ones of the same name. */
function environmentOf(words: readonly string[], host: Terminal["env"]): string[] {
  const variables = new Map<string, string>();
  for (const word of words) {
    const cut = word.indexOf("=");
    const name = cut === -1 ? word : word.slice(0, cut);
    const value = cut === -1 ? host[name] : word.slice(cut + 1);
    if (name === "") throw usageError(`--env ${JSON.stringify(word)}: the name is missing`);
    if (value !== undefined) variables.set(name, value);
  }
  return [...variables].map(([name, value]) => `${name}=${value}`);
}
