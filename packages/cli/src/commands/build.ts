import type { BuildEvent, Builder, BuildResult, SolveOptions } from "@tsbuild/builder";
import { familiarName, parseReference } from "@tsbuild/oci";
import type { Command } from "commander";
import { acceptSilently, acceptWithWarning } from "../arguments/accepted.ts";
import { collect } from "../arguments/fields.ts";
import { parseOutput } from "../arguments/output.ts";
import { readSecrets } from "../arguments/secret.ts";
import { parseCall } from "../call/parse-call.ts";
import type { Context } from "../context.ts";
import { createExplanations, parseExplain } from "../explanations.ts";
import { exportersOf } from "../exporters.ts";
import { createDisplay } from "../progress/display.ts";
import { renderDiagnostic, SourceError, type SourceText } from "../report.ts";
import { type Session, withSession } from "../session.ts";
import { parseBackend, parseProgressMode } from "../settings.ts";
import { storeName } from "../stored-image.ts";
import { usageError } from "../usage-error.ts";
import { writeResultFiles } from "./build-results.ts";
import { type DockerfileFlags, declareDockerfileFlags, readDockerfileRequest } from "./dockerfile-flags.ts";

/** The flags of `build` besides those of the Dockerfile. */
export interface BuildFlags extends DockerfileFlags {
  readonly tag?: readonly string[];
  readonly cache: boolean;
  readonly noCacheFilter?: readonly string[];
  readonly secret?: readonly string[];
  readonly output?: readonly string[];
  readonly push?: boolean;
  readonly quiet?: boolean;
  readonly iidfile?: string;
  readonly metadataFile?: string;
  readonly progress?: string;
  readonly runtime?: string;
  readonly jobs?: string;
  readonly check?: boolean;
  readonly call?: string;
  readonly explain?: string | boolean;
}

/** Flags of Docker that change nothing here; scripts may give them. */
const WITHOUT_EFFECT = [
  ...["--load", "--rm", "--force-rm", "--compress", "--disable-content-trust", "-D, --debug"],
  ...["--builder <name>", "--provenance <value>", "--sbom <value>", "--attest <value>", "--allow <what>"],
];
/** Flags of Docker that would change something: accepted, and the user is told. */
const NOT_AVAILABLE = [
  ...["--cache-from <source>", "--cache-to <target>", "--ssh <agent>", "--shm-size <size>", "--ulimit <limit>"],
  ...[
    "-m, --memory <size>",
    "--memory-swap <size>",
    "-c, --cpu-shares <n>",
    "--cpuset-cpus <set>",
    "--cpuset-mems <set>",
  ],
  ...["--cpu-period <n>", "--cpu-quota <n>", "--cgroup-parent <name>", "--isolation <how>", "--annotation <value>"],
];

export function configure(command: Command, context: Context): void {
  declareDockerfileFlags(command.argument("[context]", "a folder; - reads a Dockerfile from stdin"), context)
    .option("-t, --tag <name>", "a name for the image", collect)
    .option("--no-cache", "run every step")
    .option("--no-cache-filter <stages>", "run every step of these stages", collect)
    .option("--secret <spec>", "id=NAME[,src=FILE|,env=VARIABLE]", collect)
    .option("-o, --output <spec>", "type=oci|docker|tar|local|image|registry[,dest=FILE][,push=true]", collect)
    .option("--push", "send the image to the registries of its names")
    .option("-q, --quiet", "print the image's id alone")
    .option("--iidfile <file>", "write the image's id to this file")
    .option("--metadata-file <file>", "write digests and names to this file, as JSON")
    .option("--progress <mode>", "auto, tty, plain, json or quiet")
    .option("--runtime <name>", "what RUN runs in: native, crun or runc")
    .option("--jobs <n>", "steps at a time")
    .option("--check", "check the Dockerfile and build nothing")
    .option("--explain [format]", "tell why each step ran: text (default) or json")
    .option("--call <what>", "build, check, outline or targets[,format=json]: tell, and build nothing")
    .action((place: string | undefined, flags: BuildFlags) => build(context, place, flags));
  acceptSilently(command, WITHOUT_EFFECT);
  acceptWithWarning(command, context, NOT_AVAILABLE);
}

async function build(context: Context, place: string | undefined, flags: BuildFlags): Promise<void> {
  if (place === undefined) {
    throw usageError('"tsbuild build" needs the folder with the files to build from', { hint: "tsbuild build ." });
  }
  const { options, source } = await readDockerfileRequest(context, place, flags);
  const call = parseCall(flags.check ? "check" : (flags.call ?? "build"));
  if (call !== undefined) {
    const { answerCall } = await import("../call/answer-call.ts");
    return answerCall(context, { options, source }, call);
  }
  const outputs = (flags.output ?? []).map(parseOutput);
  const quiet = flags.quiet === true;
  const mode = quiet ? "quiet" : parseProgressMode(flags.progress ?? context.settings().progress);
  const tags = [...(flags.tag ?? []), ...outputs.flatMap((output) => (output.type === "image" ? output.names : []))];
  const mayExplain = parseExplain(flags.explain);
  const explanations = createExplanations(mayExplain);
  const solve = { ...solveOptions(context, flags), tags: tags.map(storeName), explain: mayExplain !== undefined };
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
        return await builder.buildDockerfile({ ...options, ...solve, output, onEvent });
      } catch (error) {
        throw new SourceError(source, { cause: error });
      } finally {
        display.close();
        await explanations.print(context);
      }
    }),
  );
  writeResultFiles(context, { result, tags: solve.tags, ...flags });
  if (quiet) context.print(result.imageId);
  else if (mode !== "json" && mode !== "quiet") tell(context, { result, source, tags: solve.tags });
}

function solveOptions(context: Context, flags: BuildFlags): SolveOptions & { noCacheFilter: readonly string[] } {
  const jobs = flags.jobs === undefined ? undefined : Number(flags.jobs);
  if (jobs !== undefined && !(Number.isInteger(jobs) && jobs > 0))
    throw usageError(`--jobs ${flags.jobs}: not a count`);
  return {
    noCache: !flags.cache,
    noCacheFilter: (flags.noCacheFilter ?? []).flatMap((stages) => stages.split(",")),
    secrets: readSecrets(flags.secret ?? [], context.terminal),
    ...(jobs === undefined ? {} : { jobs }),
  };
}

async function withBuilder<T>(
  context: Context,
  { store, registry }: Session,
  flags: BuildFlags,
  use: (builder: Builder) => Promise<T>,
): Promise<T> {
  const { createBuilder } = await import("@tsbuild/builder");
  const backend = parseBackend(flags.runtime) ?? context.settings().runtime;
  const builder = await createBuilder({ store, registry, ...(backend === undefined ? {} : { backend }) });
  try {
    return await use(builder);
  } finally {
    await builder.close();
  }
}

interface Told {
  readonly result: BuildResult;
  readonly source: SourceText;
  readonly tags: readonly string[];
}

function tell(context: Context, { result, source, tags }: Told): void {
  const color = context.terminal.stderr.isTTY && context.settings().color;
  for (const warning of result.warnings) context.note(`${renderDiagnostic(warning, source, { color })}\n`);
  const names = tags.map((tag) => familiarName(parseReference(tag)));
  context.note([`image ${result.imageId}`, ...names.map((name) => `  named ${name}`)].join("\n"));
}
