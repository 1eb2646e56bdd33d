import type { Builder, SolveOptions } from "@tsbuild/builder";
import type { Command } from "commander";
import { acceptSilently, acceptWithWarning } from "../arguments/accepted.ts";
import { collect } from "../arguments/fields.ts";
import { readSecrets } from "../arguments/secret.ts";
import type { Context } from "../context.ts";
import type { Session } from "../session.ts";
import { parseBackend } from "../settings.ts";
import { usageError } from "../usage-error.ts";
import { type DockerfileFlags, declareDockerfileFlags } from "./dockerfile-flags.ts";

/** The flags that say how a graph is solved: those of `build`, `plan` and `verify build`. */
export interface SolveFlags extends DockerfileFlags {
  readonly cache: boolean;
  readonly noCacheFilter?: readonly string[];
  readonly secret?: readonly string[];
  readonly runtime?: string;
  readonly jobs?: string;
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

/** Declares these flags, and what Docker has besides. */
export function declareSolveFlags(command: Command, context: Context): Command {
  declareDockerfileFlags(command, context)
    .option("--no-cache", "run every step")
    .option("--no-cache-filter <stages>", "run every step of these stages", collect)
    .option("--secret <spec>", "id=NAME[,src=FILE|,env=VARIABLE]", collect)
    .option("--runtime <name>", "what RUN runs in: native, crun or runc")
    .option("--jobs <n>", "steps at a time");
  acceptSilently(command, WITHOUT_EFFECT);
  acceptWithWarning(command, context, NOT_AVAILABLE);
  return command;
}

/** @throws TsbuildError USAGE */
export function solveOptions(context: Context, flags: SolveFlags): SolveOptions & { noCacheFilter: readonly string[] } {
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

/** A builder for one command, closed at its end. */
export async function withBuilder<T>(
  context: Context,
  { store, registry }: Session,
  flags: Pick<SolveFlags, "runtime">,
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
