/** Walks through a text line by line, keeping line ends: what is read is never looked at again. */
export interface LineCursor {
  /** The next line with its line end, or undefined behind the last. A line end at the very end of the text opens no further line. */
  next(): string | undefined;
  /** The 1-based number of the line `next` gave last; 0 in front of the first. */
  readonly line: number;
  /** Numbers of lines that are longer than BuildKit reads. */
  readonly tooLong: readonly number[];
}

/** BuildKit refuses longer lines, counted in bytes of UTF-8 without the line feed. */
export const MAX_LINE_BYTES = 65_535;

const BYTE_ORDER_MARK = "\ufeff";

export function createLineCursor(text: string): LineCursor {
  let offset = text.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
  let line = 0;
  const tooLong: number[] = [];
  return {
    get line() {
      return line;
    },
    tooLong,
    next() {
      if (offset >= text.length) return undefined;
      const feed = text.indexOf("\n", offset);
      const end = feed < 0 ? text.length : feed + 1;
      const found = text.slice(offset, end);
      offset = end;
      line += 1;
      if (isTooLong(found)) tooLong.push(line);
      return found;
    },
  };
}

/** Without carriage returns and line feeds at the end. */
export function withoutLineEnd(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === "\n" || line[end - 1] === "\r")) end -= 1;
  return line.slice(0, end);
}

function isTooLong(line: string): boolean {
  if (line.length * 3 <= MAX_LINE_BYTES) return false;
  const bytes = new TextEncoder().encode(line).length - (line.endsWith("\n") ? 1 : 0);
  return bytes > MAX_LINE_BYTES;
}
