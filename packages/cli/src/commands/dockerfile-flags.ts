import type { DockerfileOptions } from "@tsbuild/builder";
import type { Command } from "commander";
import { collect } from "../arguments/fields.ts";
import { parseKeyValues, parseLabels } from "../arguments/key-value.ts";
import { parseNamedContexts } from "../arguments/named-context.ts";
import type { Context } from "../context.ts";
import { findDockerfile } from "../find-dockerfile.ts";
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
    .option(
      "--platform <platforms>",
      "os/arch[/variant]; several with commas: an index",
      context.terminal.env.DOCKER_DEFAULT_PLATFORM,
    )
    .option(
      "--build-context <name=place>",
      "one context more: a folder, docker-image://, oci-layout://, git, http",
      collect,
    )
    .option("--network <mode>", "of RUN: default, host or none")
    .option("--add-host <host:address>", "a line of /etc/hosts during RUN", collect)
    .option("--pull", "ask the registry for base images that are here already");
}

/** What to build, and the Dockerfile's text for messages. */
export interface DockerfileRequest {
  readonly options: DockerfileOptions;
  /** Undefined until it is known: with a context from elsewhere, a build comes first. */
  source(): SourceText | undefined;
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
  const { isElsewhere } = await import("@tsbuild/builder");
  const { source: found, ...where } = await findDockerfile(context, place, flags.file);
  const { epoch: environment } = context.settings();
  const folder = typeof where.context === "string" && found !== undefined ? where.context : undefined;
  const buildArgs = parseKeyValues(flags.buildArg ?? [], env, "--build-arg");
  let source = found;
  const options: DockerfileOptions = {
    ...where,
    ...(flags.target === undefined ? {} : { target: flags.target }),
    ...(flags.platform === undefined ? {} : { platform: flags.platform }),
    ...(await timesOf(flags, { environment, buildArgs, folder, signal: context.signal })),
    buildArgs,
    labels: parseLabels(flags.label ?? []),
    namedContexts: parseNamedContexts(flags.buildContext ?? [], { cwd, isElsewhere }),
    network: networkOf(flags.network),
    extraHosts: flags.addHost ?? [],
    pull: flags.pull ?? false,
    signal: context.signal,
    onDockerfile: ({ text }) => {
      source ??= { fileName: flags.file ?? "Dockerfile", text };
    },
  };
  return { options, source: () => source };
}

/** @throws TsbuildError USAGE */
export function networkOf(text: string | undefined): "default" | "host" | "none" {
  if (text === undefined || text === "default" || text === "bridge") return "default";
  if (text === "host" || text === "none") return text;
  throw usageError(`--network ${text}: tsbuild has no such network`, { hint: "default, host and none are there" });
}
