/** Reads a text character by character (whole code points), with one character of look-ahead. */
export interface RuneReader {
  /** The next character, or `""` at the end. */
  peek(): string;
  next(): string;
}

export function createRuneReader(text: string): RuneReader {
  let at = text.startsWith("\ufeff") ? 1 : 0;
  function peek(): string {
    if (at >= text.length) return "";
    return String.fromCodePoint(text.codePointAt(at) ?? 0);
  }
  return {
    peek,
    next() {
      const char = peek();
      at += char.length;
      return char;
    },
  };
}
