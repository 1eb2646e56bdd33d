import type { PlacedAnnotation } from "@tsbuild/builder";
import { usageError } from "../usage-error.ts";

type Place = PlacedAnnotation["at"];

const PLACES: readonly Place[] = ["manifest", "manifest-descriptor", "index"];
/** `manifest[linux/amd64],index:` before the name. */
const PREFIX = /^((?:[a-z-]+(?:\[[^\]]*\])?)(?:,[a-z-]+(?:\[[^\]]*\])?)*):([^:=]+=.*)$/s;

/**
 * Reads the values of `--annotation [PLACE[PLATFORM][,PLACE...]:]NAME=VALUE`; without a place it is the image's manifest.
 * @throws TsbuildError USAGE
 */
export function parseAnnotations(words: readonly string[]): readonly PlacedAnnotation[] {
  return words.flatMap((word) => {
    const [, places = "manifest", pair = word] = PREFIX.exec(word) ?? [];
    const cut = pair.indexOf("=");
    if (cut < 1) throw usageError(`--annotation ${word}: not NAME=VALUE`);
    const [name, value] = [pair.slice(0, cut), pair.slice(cut + 1)];
    return places.split(",").map((place) => ({ ...parsePlace(place, `--annotation ${word}`), name, value }));
  });
}

/**
 * Reads a field of `--output`: `annotation.NAME`, `annotation-index.NAME`, `annotation-manifest[linux/amd64].NAME`;
 * undefined for any other field.
 * @throws TsbuildError USAGE
 */
export function parseAnnotationField(field: string): PlacedAnnotation | undefined {
  const match = /^annotation(?:-([a-z-]+))?(?:\[([^\]]*)\])?\.([^=]+)=(.*)$/s.exec(field);
  if (match === null) return undefined;
  const [, place = "manifest", platform, name = "", value = ""] = match;
  const text = platform === undefined ? place : `${place}[${platform}]`;
  return { ...parsePlace(text, `--output ${field}`), name, value };
}

function parsePlace(text: string, flag: string): Pick<PlacedAnnotation, "at" | "platform"> {
  const [, name = "", platform] = /^([a-z-]+)(?:\[([^\]]*)\])?$/.exec(text) ?? [];
  const at = PLACES.find((place) => place === name);
  if (at === undefined)
    throw usageError(`${flag}: there is no ${JSON.stringify(name)} to annotate`, {
      hint: `known: ${PLACES.join(", ")}`,
    });
  return platform === undefined ? { at } : { at, platform };
}
