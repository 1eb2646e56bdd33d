const TRUE: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE: ReadonlySet<string> = new Set(["0", "f", "F", "FALSE", "false", "False"]);
const MAX_UINT32 = 0xffff_ffff;
const UNITS = "kmgtp";

export function parseBoolean(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

/** A whole number of 32 bits without sign. */
export function parseUint32(text: string, radix: 8 | 10): number | undefined {
  const digits = radix === 8 ? /^[0-7]{1,32}$/ : /^[0-9]{1,32}$/;
  if (!digits.test(text)) return undefined;
  const value = Number.parseInt(text, radix);
  return value <= MAX_UINT32 ? value : undefined;
}

/** Bytes: a number with an optional `b`, `k`, `m`, `g`, `t`, `p`, also as `kb` or `kib`; a kilobyte has 1024 bytes. */
export function parseSize(text: string): number | undefined {
  const match = /^([0-9]*\.?[0-9]*) ?([a-zA-Z]{0,3})$/.exec(text);
  const digits = match?.[1] ?? "";
  if (!/[0-9]/.test(digits)) return undefined;
  const suffix = (match?.[2] ?? "").toLowerCase();
  if (suffix === "" || suffix === "b") return Math.trunc(Number(digits));
  const power = UNITS.indexOf(suffix[0] ?? "") + 1;
  if (power === 0 || !["", "b", "ib"].includes(suffix.slice(1))) return undefined;
  return Math.trunc(Number(digits) * 1024 ** power);
}
