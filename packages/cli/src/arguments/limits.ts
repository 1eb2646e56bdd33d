import type { SolveOptions } from "@tsbuild/builder";
import { usageError } from "../usage-error.ts";
import { parseSize } from "./volume.ts";

/** The flags that say what each RUN may take of the machine. */
export interface LimitFlags {
  readonly memory?: string;
  readonly cpus?: string;
  readonly cpuPeriod?: string;
  readonly cpuQuota?: string;
  readonly shmSize?: string;
}

/** The kernel's default period, in microseconds. */
const PERIOD = 100_000;

/** @throws TsbuildError USAGE */
export function readLimits(flags: LimitFlags): Pick<SolveOptions, "limits" | "shmSize"> {
  const memory = flags.memory === undefined ? undefined : parseSize(flags.memory, "--memory");
  const cpus = readCpus(flags);
  const limits = { ...(memory ? { memory } : {}), ...(cpus === undefined ? {} : { cpus }) };
  return {
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(flags.shmSize === undefined ? {} : { shmSize: parseSize(flags.shmSize, "--shm-size") }),
  };
}

/** `--cpus`, or Docker's older pair: so many microseconds of every period. */
function readCpus({ cpus, cpuPeriod, cpuQuota }: LimitFlags): number | undefined {
  if (cpus !== undefined) return positive(cpus, "--cpus");
  const period = cpuPeriod === undefined ? PERIOD : positive(cpuPeriod, "--cpu-period");
  return cpuQuota === undefined ? undefined : positive(cpuQuota, "--cpu-quota") / period;
}

function positive(text: string, flag: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw usageError(`${flag} ${text}: not a number above 0`);
  return value;
}
