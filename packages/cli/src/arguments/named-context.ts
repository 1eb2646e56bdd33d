import { resolve } from "node:path";
import { usageError } from "../usage-error.ts";

const LAYOUT = "oci-layout://";

/**
 * Reads the values of `--build-context NAME=PLACE`: a folder, `docker-image://`, `oci-layout://`, or an address of git or
 * the web, which `isElsewhere` knows. Folders are taken from `cwd`.
 * @throws TsbuildError USAGE
 */
export function parseNamedContexts(
  words: readonly string[],
  { cwd, isElsewhere }: { readonly cwd: string; readonly isElsewhere: (place: string) => boolean },
): Record<string, string> {
  const placeOf = (place: string): string => {
    if (place.startsWith(LAYOUT)) return `${LAYOUT}${resolve(cwd, place.slice(LAYOUT.length))}`;
    return /^[a-z-]+:\/\//.test(place) || isElsewhere(place) ? place : resolve(cwd, place);
  };
  return Object.fromEntries(
    words.map((word) => {
      const cut = word.indexOf("=");
      if (cut < 1 || cut === word.length - 1) throw usageError(`--build-context ${word}: not NAME=PLACE`);
      return [word.slice(0, cut), placeOf(word.slice(cut + 1))];
    }),
  );
}
