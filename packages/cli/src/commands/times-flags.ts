import type { SolveOptions } from "@tsbuild/builder";
import type { AbortOptions } from "@tsbuild/oci";
import type { Command } from "commander";
import { usageError } from "../usage-error.ts";

/** The flags that say which times a build writes. */
export interface TimesFlags {
  readonly sourceDateEpoch?: string;
  readonly timestamps?: string;
  readonly rewriteTimestamp?: boolean;
}

export function declareTimesFlags(command: Command): Command {
  return command
    .option("--source-date-epoch <seconds>", "the time of all that the build writes (default: the last commit's)")
    .option("--timestamps <mode>", "epoch, or keep: files keep their own times, as in BuildKit")
    .option("--rewrite-timestamp", "what RUN wrote gets no later time than the epoch");
}

export interface TimesSources extends AbortOptions {
  /** SOURCE_DATE_EPOCH of the environment. */
  readonly environment: number | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** The folder whose repository says the last commit. */
  readonly folder: string | undefined;
}

type Times = Pick<SolveOptions, "epoch" | "defaultEpoch" | "timestamps" | "rewriteTimestamps">;

/**
 * The epoch is what the flag says, else the build argument, else the environment, else the last commit.
 * @throws TsbuildError USAGE
 */
export async function timesOf(flags: TimesFlags, sources: TimesSources): Promise<Times> {
  return {
    ...(await epochOf(flags, sources)),
    timestamps: timestampsOf(flags.timestamps),
    rewriteTimestamps: flags.rewriteTimestamp ?? false,
  };
}

async function epochOf(
  { sourceDateEpoch }: TimesFlags,
  { environment, buildArgs, folder, signal }: TimesSources,
): Promise<Pick<Times, "epoch" | "defaultEpoch">> {
  if (sourceDateEpoch !== undefined) return { epoch: secondsOf(sourceDateEpoch) };
  if (environment !== undefined && buildArgs.SOURCE_DATE_EPOCH === undefined) return { epoch: environment };
  if (folder === undefined) return {};
  const { lastCommitTime } = await import("@tsbuild/builder");
  return { defaultEpoch: await lastCommitTime(folder, { signal }) };
}

function secondsOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw usageError(`--source-date-epoch ${text}: not a count of seconds`);
  return Number(text);
}

function timestampsOf(text = "epoch"): "epoch" | "keep" {
  if (text === "epoch" || text === "keep") return text;
  throw usageError(`--timestamps ${text}: neither epoch nor keep`);
}
