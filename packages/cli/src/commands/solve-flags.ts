import type { Builder, SolveOptions } from "@tsbuild/builder";
import { type Command, Option } from "commander";
import { acceptSilently, acceptWithWarning } from "../arguments/accepted.ts";
import { parseAnnotations } from "../arguments/annotation.ts";
import { collect } from "../arguments/fields.ts";
import { type LimitFlags, readLimits } from "../arguments/limits.ts";
import { readSecrets } from "../arguments/secret.ts";
import { readAgents } from "../arguments/ssh.ts";
import type { Context } from "../context.ts";
import type { Session } from "../session.ts";
import { parseBackend } from "../settings.ts";
import { usageError } from "../usage-error.ts";
import { type DockerfileFlags, declareDockerfileFlags } from "./dockerfile-flags.ts";

/** The flags that say how a graph is solved: those of `build`, `plan` and `verify build`. */
export interface SolveFlags extends DockerfileFlags, LimitFlags {
  readonly cache: boolean;
  readonly noCacheFilter?: readonly string[];
  readonly secret?: readonly string[];
  readonly ssh?: readonly string[];
  readonly annotation?: readonly string[];
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
  ...["--cache-from <source>", "--cache-to <target>", "--ulimit <limit>", "--cgroup-parent <name>"],
  ...["--memory-swap <size>", "-c, --cpu-shares <n>", "--cpuset-cpus <set>", "--cpuset-mems <set>"],
  ...["--isolation <how>", "--security-opt <option>", "--squash"],
];

/** Declares these flags, and what Docker has besides. */
export function declareSolveFlags(command: Command, context: Context): Command {
  declareDockerfileFlags(command, context)
    .option("--no-cache", "run every step")
    .option("--no-cache-filter <stages>", "run every step of these stages", collect)
    .option("--secret <spec>", "id=NAME[,src=FILE|,env=VARIABLE]", collect)
    .option("--ssh <spec>", "default, or id=SOCKET: an agent for RUN --mount=type=ssh", collect)
    .option("--annotation <name=value>", "of the manifest; index:name=value of the index", collect)
    .option("-m, --memory <size>", "memory of each RUN")
    .option("--cpus <n>", "processors of each RUN")
    .option("--shm-size <size>", "size of /dev/shm during RUN (default: 64m)")
    .option("--runtime <name>", "what RUN runs in: native, crun or runc")
    .option("--jobs <n>", "steps at a time");
  for (const flag of ["--cpu-period <n>", "--cpu-quota <n>"]) command.addOption(new Option(flag).hideHelp());
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
    ssh: readAgents(flags.ssh ?? [], context.terminal),
    placedAnnotations: parseAnnotations(flags.annotation ?? []),
    ...readLimits(flags),
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
