import type { AbortOptions } from "../bytes.ts";
import type { HistoryEntry, ImageConfig } from "../config.ts";
import type { ContentStore } from "../content/store.ts";
import { TsbuildError } from "../error.ts";
import type { Image } from "../image.ts";
import { formatPlatform } from "../platform.ts";
import { rewriteImage } from "./rewrite-image.ts";

/** The bases of {@link rebaseImage}. */
export interface RebaseOptions extends AbortOptions {
  /** What the image stands on now. */
  readonly from: Image;
  /** What it shall stand on. */
  readonly to: Image;
  /** What the new base is called, for the annotation `org.opencontainers.image.base.name`. */
  readonly baseName?: string;
}

/**
 * Writes the image with its own layers on another base, without running anything: the layers that `from` has are
 * replaced by those of `to`. The config stays the image's own, so that a base that changed its environment or user is
 * no case for this but for a new build.
 *
 * @throws TsbuildError REBASE_IMPOSSIBLE where the image does not stand on `from`, or the platforms differ
 */
export async function rebaseImage(
  store: ContentStore,
  image: Image,
  { from, to, baseName, signal }: RebaseOptions,
): Promise<Image> {
  checkBase(image, from, to);
  const layers = [...to.layers, ...image.layers.slice(from.layers.length)];
  const history = rebasedHistory(image, from, to);
  const { history: _, ...rest } = image.config;
  const config: ImageConfig = { ...rest, ...(history === undefined ? {} : { history }) };
  const annotations = {
    ...image.manifest.annotations,
    "org.opencontainers.image.base.digest": to.descriptor.digest,
    ...(baseName === undefined ? {} : { "org.opencontainers.image.base.name": baseName }),
  };
  return rewriteImage(store, image, { config, layers, annotations }, { signal });
}

function checkBase(image: Image, from: Image, to: Image): void {
  const [own, target] = [image, to].map(({ platform }) => formatPlatform(platform));
  if (own !== target) throw impossible(image, `it is for ${own}, the new base for ${target}`);
  const at = from.layers.findIndex(({ diffId }, index) => image.layers[index]?.diffId !== diffId);
  if (at !== -1) throw impossible(image, `its layer ${at + 1} is not that of ${from.descriptor.digest}`);
}

/** The new base's history and, after it, what the image's says beyond the old base; undefined where one tells none. */
function rebasedHistory(image: Image, from: Image, to: Image): readonly HistoryEntry[] | undefined {
  const [own, old, fresh] = [image, from, to].map(({ config }) => config.history ?? []);
  const complete = [image, from, to].every(({ config, layers }) => {
    const told = (config.history ?? []).filter(({ empty_layer }) => empty_layer !== true);
    return told.length === layers.length;
  });
  return complete ? [...(fresh ?? []), ...(own ?? []).slice(old?.length ?? 0)] : undefined;
}

function impossible({ descriptor }: Image, reason: string): TsbuildError<"REBASE_IMPOSSIBLE"> {
  return new TsbuildError("REBASE_IMPOSSIBLE", `cannot move ${descriptor.digest} to another base: ${reason}`, {
    hint: "name the base that it was built on",
  });
}
