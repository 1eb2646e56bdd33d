/** Whether a character, given as its code point, is one of a set. */
export type CharSet = (code: number) => boolean;

/** A step of a pattern: one character of a set, any number of them, or leave to skip the next `skip` steps. */
export type Token =
  | { readonly kind: "one" | "many"; readonly set: CharSet }
  | { readonly kind: "maybe"; readonly skip: number };

export const ANY: CharSet = () => true;
export const NEVER: CharSet = () => false;
const LINE_FEED = 10;
export const NOT_LINE_FEED: CharSet = (code) => code !== LINE_FEED;

export function literalTokens(text: string): Token[] {
  return Array.from(text, (char) => {
    const wanted = char.codePointAt(0);
    return { kind: "one", set: (code) => code === wanted };
  });
}
