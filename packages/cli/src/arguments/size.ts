import { usageError } from "../usage-error.ts";

const UNITS = ["b", "k", "m", "g", "t", "p"];

/**
 * Reads a count of bytes as Docker does: `64m`, `1.5GiB`, `1048576`. Units are powers of 1024.
 * @throws TsbuildError USAGE
 */
export function parseSize(text: string, flag: string): number {
  const [, digits, unit = "b"] = /^(\d+(?:\.\d+)?) ?([bkmgtp])?i?b?$/i.exec(text.trim()) ?? [];
  if (digits === undefined) throw usageError(`${flag} ${text}: not a size`, { hint: "write 64m or 1g" });
  return Math.floor(Number(digits) * 1024 ** UNITS.indexOf(unit.toLowerCase()));
}
