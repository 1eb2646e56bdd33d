import { quote } from "../text/go-strings.ts";
import type { FlagError } from "./csv.ts";

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "\u00b5s": 1e3,
  "\u03bcs": 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Beyond 2^63 nanoseconds, which Go's durations cannot hold. */
const MAX_DURATION = 2 ** 63;

/** Reads a duration in Go's notation (`1h30m`, `1.5s`, `-2ms`, `0`) as nanoseconds. */
export function parseDuration(text: string): number | FlagError {
  const sign = text.startsWith("-") ? -1 : 1;
  let rest = /^[+-]/.test(text) ? text.slice(1) : text;
  if (rest === "0") return 0;
  if (rest === "") return { error: `time: invalid duration ${quote(text)}` };
  let total = 0;
  while (rest !== "") {
    const match = /^([0-9]*\.?[0-9]*)([^0-9.]*)/.exec(rest);
    const digits = match?.[1] ?? "";
    const unit = match?.[2] ?? "";
    if (!/[0-9]/.test(digits)) return { error: `time: invalid duration ${quote(text)}` };
    if (unit === "") return { error: `time: missing unit in duration ${quote(text)}` };
    const factor = Object.hasOwn(NANOSECONDS, unit) ? NANOSECONDS[unit] : undefined;
    if (factor === undefined) return { error: `time: unknown unit ${quote(unit)} in duration ${quote(text)}` };
    total += scale(digits, factor);
    if (total >= MAX_DURATION) return { error: `time: invalid duration ${quote(text)}` };
    rest = rest.slice(digits.length + unit.length);
  }
  return total === 0 ? 0 : sign * total;
}

/** Whole and fractional part apart, so that `0.3s` is 300000000 and not one less. */
function scale(digits: string, factor: number): number {
  const [whole = "", fraction = ""] = digits.split(".");
  return (
    Number(whole) * factor +
    Math.floor((Number(fraction === "" ? 0 : `${fraction}e0`) * factor) / 10 ** fraction.length)
  );
}
