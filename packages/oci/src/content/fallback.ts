import type { Descriptor } from "../descriptor.ts";
import { notFound } from "./not-found.ts";
import type { ContentSource, ImageSource } from "./store.ts";

/**
 * A source that has what `primary` has and takes the rest from elsewhere: base layers that a local store only knows
 * the place of.
 *
 * @param fallback Who has this content; undefined: nobody. Asked anew for each fetch.
 */
export function withFallback(
  primary: ImageSource,
  fallback: (descriptor: Descriptor) => Promise<ContentSource | undefined>,
): ImageSource {
  return {
    resolve: (name, options) => primary.resolve(name, options),
    async fetch(target, options) {
      if (await primary.exists(target, options)) return primary.fetch(target, options);
      const source = await fallback(target);
      if (source === undefined) throw notFound(target.digest, "any place that is known");
      return source.fetch(target, options);
    },
    async exists(target, options) {
      if (await primary.exists(target, options)) return true;
      const source = await fallback(target);
      return source !== undefined && (await source.exists(target, options));
    },
  };
}
