/** Names of files as text, without ever losing a byte: Python's "surrogateescape". */

const ESCAPED = /[\udc80-\udcff]/u;
const NOT_ASCII = /[\u0080-\uffff]/;

/**
 * The text of a file name. A byte that is not part of valid UTF-8 becomes the lone surrogate U+DC80 + (byte - 0x80), so
 * that {@link encodeName} gives back exactly the same bytes.
 */
export function decodeName(bytes: Uint8Array): string {
  const text = view(bytes).toString("utf8");
  // Node writes U+FFFD for each invalid byte; a name may also truly hold that character.
  return text.includes("\ufffd") ? decodeEscaped(bytes) : text;
}

/** The bytes of a file name that {@link decodeName} made. */
export function encodeName(text: string): Buffer {
  if (!ESCAPED.test(text)) return Buffer.from(text);
  const parts: Buffer[] = [];
  for (const character of text) {
    const code = character.charCodeAt(0);
    parts.push(ESCAPED.test(character) ? Buffer.of(code & 0xff) : Buffer.from(character));
  }
  return Buffer.concat(parts);
}

/** Orders names by their bytes, as the kernel's tools do; the order of UTF-16 code units differs above U+D7FF. */
export function compareNames(a: string, b: string): number {
  if (NOT_ASCII.test(a) && NOT_ASCII.test(b)) return Buffer.compare(encodeName(a), encodeName(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

function decodeEscaped(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    text += length > 0 ? view(bytes.subarray(at, at + length)).toString("utf8") : escaped(bytes[at] as number);
    at += length || 1;
  }
  return text;
}

function escaped(byte: number): string {
  return String.fromCharCode(0xdc00 + byte);
}

/** The length of the valid UTF-8 sequence at `at` (Unicode, table 3-7); 0 where there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number;
  if (lead < 0x80) return 1;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const [low, high] = secondByteRange(lead);
  const second = bytes[at + 1] ?? 0;
  if (second < low || second > high) return 0;
  for (let next = at + 2; next < at + length; next++) {
    if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

function secondByteRange(lead: number): readonly [number, number] {
  if (lead === 0xe0) return [0xa0, 0xbf];
  if (lead === 0xed) return [0x80, 0x9f];
  if (lead === 0xf0) return [0x90, 0xbf];
  if (lead === 0xf4) return [0x80, 0x8f];
  return [0x80, 0xbf];
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
