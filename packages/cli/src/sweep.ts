import type { LocalStore } from "@tsbuild/oci";
import type { Context } from "./context.ts";

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
    return freedBytes;
  } finally {
    await builder.close();
  }
}
