import type { AbortOptions } from "../bytes.ts";
import type { Descriptor } from "../descriptor.ts";
import { TsbuildError } from "../error.ts";
import { readNode, walkGraph } from "./graph.ts";
import { addToReferrersTag, describeReferrer, listReferrers, referrersTag } from "./referrers.ts";
import type { ImageSource, ImageTarget } from "./store.ts";

/** What signs or describes an image by its tag alone, as cosign had it before there were referrers. */
const DIGEST_TAGS = [".sig", ".att", ".sbom"];

/** Where referrers come from and go to, and what copies one of them with its content. */
export interface ReferrersCopy extends AbortOptions {
  readonly source: ImageSource;
  readonly target: ImageTarget;
  readonly copy: (root: Descriptor) => Promise<unknown>;
}

/**
 * Copies what refers to an image that was copied: to each of its manifests and indexes, and in turn to what refers to
 * those. Where the target keeps no lists of referrers, they are listed under the fallback tag.
 */
export async function copyReferrers(copying: ReferrersCopy, root: Descriptor): Promise<void> {
  const { source, target, copy, signal } = copying;
  const seen = new Set<string>();
  const pending: Descriptor[] = [root];
  for (let subject = pending.shift(); subject !== undefined; subject = pending.shift()) {
    for await (const { descriptor } of walkGraph(target, subject, { signal })) {
      if (seen.has(descriptor.digest)) continue;
      seen.add(descriptor.digest);
      for (const referrer of await listReferrers(source, descriptor, { signal })) {
        await copy(referrer);
        const node = await readNode(source, referrer, { signal });
        const about = (node.manifest ?? node.index)?.subject;
        // What a list names may be about something else: it is copied, but not listed here.
        if (about?.digest === descriptor.digest && target.referrers === undefined)
          await addToReferrersTag(target, descriptor, describeReferrer(node), { signal });
        pending.push(referrer);
      }
      await copyDigestTags(copying, descriptor);
    }
  }
}

async function copyDigestTags({ source, target, copy, signal }: ReferrersCopy, { digest }: Descriptor): Promise<void> {
  for (const ending of DIGEST_TAGS) {
    const tag = `${referrersTag(digest)}${ending}`;
    const found = await source.resolve(tag, { signal }).catch((error: unknown) => {
      if (TsbuildError.is(error, "NOT_FOUND")) return undefined;
      throw error;
    });
    if (found === undefined) continue;
    await copy(found);
    await target.tag(found, tag, { signal });
  }
}
