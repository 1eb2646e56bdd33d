import { type Image, readImage, TsbuildError } from "@tsbuild/oci";
import type { ImageOp } from "../graph/op.ts";
import { isAvailable } from "../image-source.ts";
import { cacheKeyOf } from "../solver/cache-key.ts";
import type { OpContext } from "../solver/op-runner.ts";
import type { OpEnvironment, OpKind } from "./op-environment.ts";

/** An image as a base: its manifest is read, its layers stay where they are until a step needs their files. */
export function imageKind(env: OpEnvironment): OpKind<ImageOp> {
  return {
    cacheKey: async ({ op: { digest, platform } }) => cacheKeyOf({ type: "image", digest, platform: { ...platform } }),
    async restore(_step, { layers }) {
      for (const layer of layers) if (!(await isAvailable(env.store, layer))) return undefined;
      return layers;
    },
    execute: async ({ op }, context) => ({ layers: (await imageOf(env, op, context)).layers }),
  };
}

/** From the store; a manifest that was pruned since the compile is asked for again. */
async function imageOf(env: OpEnvironment, op: ImageOp, { signal }: OpContext): Promise<Image> {
  const { digest, platform, reference } = op;
  const here = await env.store.resolve(digest).catch((error: unknown) => {
    if (TsbuildError.is(error, "NOT_FOUND")) return undefined;
    throw error;
  });
  if (here === undefined) await env.resolveImage(pinned(reference, digest), platform, { signal });
  return readImage(env.store, digest, { platform, signal });
}

function pinned(reference: string, digest: string): string {
  return `${reference.replace(/@.*$/, "")}@${digest}`;
}
