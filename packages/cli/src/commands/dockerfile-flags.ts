import { existsSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { DockerfileOptions } from "@tsbuild/builder";
import { TsbuildError } from "@tsbuild/oci";
import type { Command } from "commander";
import { collect } from "../arguments/fields.ts";
import { parseKeyValues, parseLabels } from "../arguments/key-value.ts";
import type { Context } from "../context.ts";
import { readSource } from "../read-source.ts";
import type { SourceText } from "../report.ts";
import { usageError } from "../usage-error.ts";
import { declareTimesFlags, type TimesFlags, timesOf } from "./times-flags.ts";

/** The flags that say what a Dockerfile means: those of `build` and `compile`. */
export interface DockerfileFlags extends TimesFlags {
  readonly file?: string;
  readonly target?: string;
  readonly buildArg?: readonly string[];
  readonly label?: readonly string[];
  readonly platform?: string;
  readonly buildContext?: readonly string[];
  readonly network?: string;
  readonly addHost?: readonly string[];
  readonly pull?: boolean;
}

export function declareDockerfileFlags(command: Command, context: Context): Command {
  return declareTimesFlags(command)
    .option("-f, --file <file>", "the Dockerfile (default: Dockerfile in the context); - is stdin")
    .option("--target <stage>", "build up to this stage")
    .option("--build-arg <name=value>", "an ARG; a bare name takes the host's value", collect)
    .option("--label <name=value>", "a label of the image", collect)
    .option("--platform <platform>", "os/arch[/variant]", context.terminal.env.DOCKER_DEFAULT_PLATFORM)
    .option("--build-context <name=place>", "one context more: a folder, or docker-image://reference", collect)
    .option("--network <mode>", "of RUN: default, host or none")
    .option("--add-host <host:address>", "a line of /etc/hosts during RUN", collect)
    .option("--pull", "ask the registry for base images that are here already");
}

/** What to build, and the Dockerfile's text for messages. */
export interface DockerfileRequest {
  readonly options: DockerfileOptions;
  readonly source: SourceText;
}

/**
 * Finds context and Dockerfile and reads the flags.
 * @throws TsbuildError USAGE, CONTEXT_NOT_FOUND, DOCKERFILE_NOT_FOUND
 */
export async function readDockerfileRequest(
  context: Context,
  place: string,
  flags: DockerfileFlags,
): Promise<DockerfileRequest> {
  const { cwd, env } = context.terminal;
  const { source, ...where } = await findDockerfile(context, place, flags.file);
  if (flags.platform?.includes(",")) throw usageError("--platform: one platform at a time");
  const { epoch: environment } = context.settings();
  const buildArgs = parseKeyValues(flags.buildArg ?? [], env, "--build-arg");
  const options: DockerfileOptions = {
    ...where,
    ...(flags.target === undefined ? {} : { target: flags.target }),
    ...(flags.platform === undefined ? {} : { platform: flags.platform }),
    ...(await timesOf(flags, { environment, buildArgs, folder: where.context, signal: context.signal })),
    buildArgs,
    labels: parseLabels(flags.label ?? []),
    namedContexts: namedContexts(flags.buildContext ?? [], cwd),
    network: networkOf(flags.network),
    extraHosts: flags.addHost ?? [],
    pull: flags.pull ?? false,
    signal: context.signal,
  };
  return { options, source };
}

interface Found {
  readonly source: SourceText;
  readonly context?: string;
  readonly dockerfile?: string;
  readonly dockerfileText?: string;
}

async function findDockerfile(context: Context, place: string, file: string | undefined): Promise<Found> {
  if (place === "-") {
    if (file !== undefined) throw usageError("-f makes no sense with a Dockerfile on stdin");
    const source = await readSource(context, "-");
    rejectArchive(source.text);
    return { source, dockerfileText: source.text };
  }
  const folder = contextFolder(context, place);
  if (file === "-") {
    const source = await readSource(context, "-");
    return { source, context: folder, dockerfileText: source.text };
  }
  const dockerfile = dockerfilePath(context.terminal.cwd, folder, file);
  const shown = relative(context.terminal.cwd, dockerfile);
  return {
    source: await readSource(context, shown.startsWith("..") ? dockerfile : shown),
    context: folder,
    dockerfile,
  };
}

function contextFolder(context: Context, place: string): string {
  if (/^(?:https?|git|ssh):\/\/|^git@|^github\.com\//.test(place)) {
    throw usageError(`the context ${place} is not on this machine`, { hint: "fetch it and name its folder" });
  }
  const folder = resolve(context.terminal.cwd, place);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new TsbuildError("CONTEXT_NOT_FOUND", `the build context ${folder} is not a folder`, {
    hint: 'the last argument of "tsbuild build" is the folder with the files to copy, often "."',
  });
}

/** As Docker: `-f` is relative to where the command was started; a file of the context is found too. */
function dockerfilePath(cwd: string, folder: string, file: string | undefined): string {
  if (file !== undefined) {
    const here = resolve(cwd, file);
    return existsSync(here) ? here : ([resolve(folder, file)].find(existsSync) ?? here);
  }
  const [first = "", ...others] = ["Dockerfile", "dockerfile"].map((name) => join(folder, name));
  return [first, ...others].find(existsSync) ?? first;
}

function rejectArchive(text: string): void {
  if (text.includes("\0")) {
    throw usageError("stdin holds an archive, not a Dockerfile", {
      hint: "unpack it and name its folder as the context",
    });
  }
}

/** @throws TsbuildError USAGE */
export function namedContexts(words: readonly string[], cwd: string): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const cut = word.indexOf("=");
      if (cut < 1) throw usageError(`--build-context ${word}: not NAME=PLACE`);
      const place = word.slice(cut + 1);
      return [word.slice(0, cut), /^[a-z-]+:\/\//.test(place) ? place : resolve(cwd, place)];
    }),
  );
}

/** @throws TsbuildError USAGE */
export function networkOf(text: string | undefined): "default" | "host" | "none" {
  if (text === undefined || text === "default" || text === "bridge") return "default";
  if (text === "host" || text === "none") return text;
  throw usageError(`--network ${text}: tsbuild has no such network`, { hint: "default, host and none are there" });
}
