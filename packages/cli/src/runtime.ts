import { join } from "node:path";
import type { LocalStore } from "@tsbuild/oci";
import type { Runtime } from "@tsbuild/runtime";
import type { Context } from "./context.ts";
import { parseBackend } from "./settings.ts";

/** The runtime of this store: on the rung that the flag or the settings name, else the best one. */
export async function openRuntime(context: Context, store: LocalStore, flag?: string): Promise<Runtime> {
  const { createRuntime } = await import("@tsbuild/runtime");
  const backend = parseBackend(flag) ?? context.settings().runtime;
  return createRuntime({ root: join(store.root, "snapshots"), store, ...(backend === undefined ? {} : { backend }) });
}
