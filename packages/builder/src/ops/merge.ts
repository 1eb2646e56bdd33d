import type { MergeOp } from "../graph/op.ts";
import { cacheKeyOf } from "../solver/cache-key.ts";
import type { OpKind } from "./op-environment.ts";

/** The inputs' chains on top of each other. Nothing is read, and nothing is worth keeping. */
export function mergeKind(): OpKind<MergeOp> {
  return {
    cacheKey: async ({ inputs }) =>
      cacheKeyOf({ type: "merge", inputs: inputs.map(({ key }) => key) }, { keep: false }),
    restore: async () => undefined,
    execute: async ({ inputs }) => ({ layers: inputs.flatMap(({ layers }) => layers) }),
  };
}
