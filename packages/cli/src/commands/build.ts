import type { BuildEvent, BuildResult, SolveOptions } from "@tsbuild/builder";
import { familiarName, parseReference } from "@tsbuild/oci";
import type { Command } from "commander";
import { collect } from "../arguments/fields.ts";
import { type OutputSpec, parseOutput } from "../arguments/output.ts";
import { warningLines } from "../build-warnings.ts";
import { parseCall } from "../call/parse-call.ts";
import type { Context } from "../context.ts";
import { createExplanations, parseExplain } from "../explanations.ts";
import { exportersOf } from "../exporters.ts";
import { createDisplay } from "../progress/display.ts";
import { SourceError } from "../report.ts";
import { withSession } from "../session.ts";
import { parseProgressMode } from "../settings.ts";
import { storeName } from "../stored-image.ts";
import { usageError } from "../usage-error.ts";
import { idOf, writeResultFiles } from "./build-results.ts";
import { readDockerfileRequest } from "./dockerfile-flags.ts";
import { type BuildRequest, readBuildRequest } from "./graph-request.ts";
import { declareSolveFlags, type SolveFlags, solveOptions, withBuilder } from "./solve-flags.ts";

/** The flags of `build`. */
export interface BuildFlags extends SolveFlags {
  readonly tag?: readonly string[];
  readonly output?: readonly string[];
  readonly push?: boolean;
  readonly quiet?: boolean;
  readonly iidfile?: string;
  readonly metadataFile?: string;
  readonly progress?: string;
  readonly graph?: string;
  readonly check?: boolean;
  readonly call?: string;
  readonly explain?: string | boolean;
}

export function configure(command: Command, context: Context): void {
  declareSolveFlags(command.argument("[context]", "a folder; - reads a Dockerfile from stdin"), context)
    .option("-t, --tag <name>", "a name for the image", collect)
    .option("-o, --output <spec>", "type=oci|docker|tar|local|image|registry[,dest=FILE][,push=true]", collect)
    .option("--push", "send the image to the registries of its names")
    .option("-q, --quiet", "print the image's id alone")
    .option("--iidfile <file>", "write the image's id to this file")
    .option("--metadata-file <file>", "write digests and names to this file, as JSON")
    .option("--progress <mode>", "auto, tty, plain, json or quiet")
    .option("--graph <file>", "build what compile printed, in place of a Dockerfile")
    .option("--check", "check the Dockerfile and build nothing")
    .option("--explain [format]", "tell why each step ran: text (default) or json")
    .option("--call <what>", "build, check, outline or targets[,format=json]: tell, and build nothing")
    .action((place: string | undefined, flags: BuildFlags) => build(context, place, flags));
}

async function build(context: Context, place: string | undefined, flags: BuildFlags): Promise<void> {
  if (place === undefined) {
    throw usageError('"tsbuild build" needs the folder with the files to build from', { hint: "tsbuild build ." });
  }
  const call = parseCall(flags.check ? "check" : (flags.call ?? "build"));
  if (call !== undefined) {
    const { answerCall } = await import("../call/answer-call.ts");
    return answerCall(context, await readDockerfileRequest(context, place, flags), call);
  }
  const request = await readBuildRequest(context, place, flags);
  const { source } = request;
  const outputs = (flags.output ?? []).map(parseOutput);
  const quiet = flags.quiet === true;
  const mode = quiet ? "quiet" : parseProgressMode(flags.progress ?? context.settings().progress);
  const tags = [...(flags.tag ?? []), ...outputs.flatMap((output) => (output.type === "image" ? output.names : []))];
  const mayExplain = parseExplain(flags.explain);
  const explanations = createExplanations(mayExplain);
  const solve = {
    ...withOutputs(solveOptions(context, flags), outputs),
    tags: tags.map(storeName),
    explain: mayExplain !== undefined,
  };
  const result = await withSession(context, (session) =>
    withBuilder(context, session, flags, async (builder) => {
      const { color } = context.settings();
      const display = createDisplay(context.terminal, { mode, color, signal: context.signal });
      try {
        const output = await exportersOf(context, { outputs, push: flags.push ?? false, tags: solve.tags });
        const onEvent = (event: BuildEvent): void => {
          explanations.event(event);
          display.event(event);
        };
        return await request.start(builder, { ...solve, output, onEvent });
      } catch (error) {
        throw new SourceError(source(), { cause: error });
      } finally {
        display.close();
        await explanations.print(context);
      }
    }),
  );
  writeResultFiles(context, { result, tags: solve.tags, ...flags });
  if (quiet) context.print(idOf(result));
  else if (mode !== "json" && mode !== "quiet") tell(context, request, { result, tags: solve.tags });
}

/** What outputs ask for of the image itself. */
function withOutputs<Options extends SolveOptions>(options: Options, outputs: readonly OutputSpec[]): Options {
  const { placedAnnotations = [] } = options;
  const rewrites = outputs.some(({ rewriteTimestamps }) => rewriteTimestamps === true);
  return {
    ...options,
    placedAnnotations: [...placedAnnotations, ...outputs.flatMap(({ annotations = [] }) => annotations)],
    ...(rewrites ? { rewriteTimestamps: true } : {}),
  };
}

interface Told {
  readonly result: BuildResult;
  readonly tags: readonly string[];
}

function tell(context: Context, { options, source }: BuildRequest, { result, tags }: Told): void {
  const lines = warningLines({ options, source: source(), result });
  if (lines.length > 0) context.note(`\n${lines.join("\n")}\n`);
  const names = tags.map((tag) => familiarName(parseReference(tag)));
  const what = result.platforms.length > 1 ? "index" : "image";
  context.note([`${what} ${idOf(result)}`, ...names.map((name) => `  named ${name}`)].join("\n"));
}
