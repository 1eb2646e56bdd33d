import type { Flag } from "../ast.ts";
import { Problem, replacement } from "../text/problem.ts";
import { didYouMean, suggest } from "../text/suggest.ts";

/** `boolean` takes no value, `true` or `false`; `list` may be given several times. */
export type FlagType = "boolean" | "string" | "list";

/** The values of an instruction's flags; a flag that is not given has no entry. */
export interface FlagValues {
  readonly strings: ReadonlyMap<string, string>;
  readonly booleans: ReadonlyMap<string, boolean>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
}

const NO_FLAGS: FlagValues = { strings: new Map(), booleans: new Map(), lists: new Map() };

/**
 * Checks flags against those that an instruction has.
 * @throws Problem for the first flag that is unknown, repeated, or has a wrong value
 */
export function checkFlags(flags: readonly Flag[], allowed: Readonly<Record<string, FlagType>>): FlagValues {
  if (flags.length === 0) return NO_FLAGS;
  const strings = new Map<string, string>();
  const booleans = new Map<string, boolean>();
  const lists = new Map<string, string[]>();
  const seen = new Set<string>();
  for (const flag of flags) {
    const type = Object.hasOwn(allowed, flag.name) ? allowed[flag.name] : undefined;
    if (type === undefined) throw unknownFlag(flag, Object.keys(allowed));
    if (seen.has(flag.name) && type !== "list") {
      throw new Problem("FLAG_REPEATED", `duplicate flag specified: --${flag.name}`, flag.range);
    }
    seen.add(flag.name);
    if (type === "boolean") booleans.set(flag.name, booleanValue(flag));
    else if (type === "string") strings.set(flag.name, textValue(flag));
    else lists.set(flag.name, [...(lists.get(flag.name) ?? []), textValue(flag)]);
  }
  return { strings, booleans, lists };
}

function unknownFlag({ name, value, range }: Flag, known: readonly string[]): Problem {
  const meant = suggest(name, known);
  const message = `unknown flag: --${name}${didYouMean(meant)}`;
  if (meant === undefined) {
    const hint =
      known.length === 0
        ? "this instruction has no flags"
        : `known flags: ${known.map((flag) => `--${flag}`).join(", ")}`;
    return new Problem("UNKNOWN_FLAG", message, range, { hint });
  }
  const mended = value === undefined ? `--${meant}` : `--${meant}=${value}`;
  return new Problem("UNKNOWN_FLAG", message, range, {
    hint: `write --${meant}`,
    fix: replacement(`Change to --${meant}`, range, mended),
  });
}

function booleanValue({ name, value, range }: Flag): boolean {
  if (value === "") throw missingValue(name, range);
  const text = value?.toLowerCase();
  if (text === undefined || text === "true") return true;
  if (text === "false") return false;
  throw new Problem("FLAG_VALUE_INVALID", `expecting boolean value for flag --${name}, not: ${value}`, range, {
    hint: `write --${name} or --${name}=false`,
  });
}

function textValue({ name, value, range }: Flag): string {
  if (value === undefined) throw missingValue(name, range);
  return value;
}

function missingValue(name: string, range: Flag["range"]): Problem {
  return new Problem("FLAG_VALUE_INVALID", `missing a value on flag: --${name}`, range, {
    hint: `write --${name}=value, without a blank`,
  });
}
