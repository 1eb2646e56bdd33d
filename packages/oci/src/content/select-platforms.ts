import type { Descriptor } from "../descriptor.ts";
import { digestOf } from "../digest.ts";
import { TsbuildError } from "../error.ts";
import { canonicalJson } from "../json.ts";
import { formatPlatform, type Platform, parsePlatform } from "../platform.ts";
import { matchPlatform } from "../platform-match.ts";
import type { GraphNode } from "./graph.ts";

/**
 * The manifest of an index that fits `platform` best. Entries for `unknown/unknown` (attestations) never do; one without
 * a platform does where nothing else is there.
 * @throws TsbuildError PLATFORM_NOT_FOUND, whose message lists what there is
 */
export function selectManifest(manifests: readonly Descriptor[], platform: Platform): Descriptor {
  const known = manifests.filter(({ platform: of }) => of !== undefined && of.architecture !== "unknown");
  const at = matchPlatform(
    platform,
    known.map(({ platform: of }) => of as Platform),
  );
  const found = at === undefined ? onlyOne(manifests) : known[at];
  if (found !== undefined) return found;
  const list = known.map(({ platform: of }) => formatPlatform(of as Platform)).join(", ");
  throw new TsbuildError(
    "PLATFORM_NOT_FOUND",
    `the image has no manifest for ${formatPlatform(platform)}, only for: ${list || "nothing"}`,
    { hint: "choose one of these with --platform" },
  );
}

/**
 * An index cut down to these platforms: the one manifest where one is wanted, the index as it is where all of it is,
 * else a new, smaller index (`content` holds it).
 */
export function selectPlatforms(
  node: GraphNode,
  platforms: readonly string[],
): { readonly descriptor: Descriptor; readonly content?: Uint8Array } {
  const { index, descriptor } = node;
  if (index === undefined || platforms.length === 0) return { descriptor };
  const wanted = new Set(platforms.map((text) => selectManifest(index.manifests, parsePlatform(text))));
  const [first] = wanted;
  if (wanted.size === 1 && first !== undefined) return { descriptor: first };
  if (wanted.size === index.manifests.length) return { descriptor };
  const manifests = index.manifests.filter((manifest) => wanted.has(manifest));
  const content = canonicalJson({ ...index, manifests });
  return { descriptor: { ...descriptor, digest: digestOf(content), size: content.byteLength }, content };
}

function onlyOne(manifests: readonly Descriptor[]): Descriptor | undefined {
  return manifests.length === 1 && manifests[0]?.platform === undefined ? manifests[0] : undefined;
}
