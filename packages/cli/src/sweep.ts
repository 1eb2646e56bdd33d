import { existsSync } from "node:fs";
import { join } from "node:path";
import type { LocalStore } from "@tsbuild/oci";
import type { Context } from "./context.ts";
import { openRuntime } from "./runtime.ts";
import { listStored } from "./stored-image.ts";

/**
 * Removes the content that no name and no record of the build cache needs, after the oldest records (all of them with
 * `all`). Returns the bytes freed.
 */
export async function sweep(
  context: Context,
  store: LocalStore,
  options: { readonly all?: boolean; readonly keepBytes?: number } = {},
): Promise<number> {
  const { createBuilder } = await import("@tsbuild/builder");
  const builder = await createBuilder({ store });
  try {
    const keepBytes = options.all ? 0 : (options.keepBytes ?? Number.MAX_SAFE_INTEGER);
    const { freedBytes } = await builder.prune({ all: options.all ?? false, keepBytes, signal: context.signal });
    return freedBytes + (options.all ? await sweepTrees(context, store) : 0);
  } finally {
    await builder.close();
  }
}

/** Removes the unpacked layers that no named image has. */
async function sweepTrees(context: Context, store: LocalStore): Promise<number> {
  if (!existsSync(join(store.root, "snapshots"))) return 0;
  const images = await listStored(store, { signal: context.signal });
  const keep = new Set(images.flatMap(({ image }) => image?.layers ?? []).map(({ diffId }) => diffId));
  const runtime = await openRuntime(context, store);
  try {
    return await runtime.prune(keep);
  } finally {
    await runtime.close();
  }
}
