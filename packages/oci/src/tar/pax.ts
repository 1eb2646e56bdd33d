import { TsbuildError } from "../error.ts";
import { decodeName } from "./name.ts";

/** A key of a PAX header and its value. */
export type PaxRecord = readonly [key: string, value: Uint8Array];

/** The body of a PAX header: `LENGTH KEY=VALUE\n` per record (POSIX.1-2017, pax, "pax Extended Header"). */
export function encodePax(records: readonly PaxRecord[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const [key, value] of records) {
    const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from("\n")]);
    parts.push(Buffer.from(String(recordLength(rest.length))), rest);
  }
  return Buffer.concat(parts);
}

/**
 * The records of a PAX header, in order; a key may be there more than once. Values are bytes: an extended attribute is
 * binary, a name may be anything.
 * @throws TsbuildError TAR_INVALID
 */
export function decodePax(body: Uint8Array): readonly (readonly [key: string, value: Buffer])[] {
  const bytes = Buffer.from(body);
  const records: (readonly [string, Buffer])[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const digits = bytes.toString("latin1", at, Math.max(at, space));
    const end = at + Number(digits);
    const equals = bytes.indexOf(0x3d, space);
    const wellFormed = /^[0-9]{1,9}$/.test(digits) && end <= bytes.length && bytes[end - 1] === 0x0a;
    if (!wellFormed || equals <= space + 1 || equals >= end)
      throw new TsbuildError("TAR_INVALID", `PAX header is malformed at its byte ${at}`);
    records.push([decodeName(bytes.subarray(space + 1, equals)), bytes.subarray(equals + 1, end - 1)]);
    at = end;
  }
  return records;
}

/** A time as PAX writes it: seconds with as many decimals as it needs; the sign counts for both parts. */
export function formatPaxTime(seconds: number, nanoseconds: number): string {
  if (nanoseconds === 0) return String(seconds);
  const negative = seconds < 0;
  const whole = negative ? -(seconds + 1) : seconds;
  const part = negative ? 1e9 - nanoseconds : nanoseconds;
  const decimals = String(part).padStart(9, "0").replace(/0+$/, "");
  return `${negative ? "-" : ""}${whole}.${decimals}`;
}

/**
 * The opposite of {@link formatPaxTime}: whole seconds, rounded down, and the nanoseconds above them.
 * @throws TsbuildError TAR_INVALID
 */
export function parsePaxTime(text: string): readonly [seconds: number, nanoseconds: number] {
  const match = /^(-?)([0-9]{1,15})(?:\.([0-9]*))?$/.exec(text);
  if (!match) throw new TsbuildError("TAR_INVALID", `PAX header has a malformed time: ${JSON.stringify(text)}`);
  const [, sign, whole, decimals = ""] = match;
  const seconds = Number(whole);
  const nanoseconds = Number(decimals.slice(0, 9).padEnd(9, "0"));
  if (sign === "") return [seconds, nanoseconds];
  return nanoseconds === 0 ? [0 - seconds, 0] : [-seconds - 1, 1e9 - nanoseconds];
}

/** A record's length counts its own digits. */
function recordLength(rest: number): number {
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length++;
  return length;
}
