import { type LocalStore, openStore } from "@tsbuild/oci";
import type { RegistryClient } from "@tsbuild/registry-client";
import type { Context } from "./context.ts";
import { openRegistry } from "./registry.ts";

/** The store of a command that needs no registry. Closed at the end, whatever happens. */
export async function withStore<T>(context: Context, use: (store: LocalStore) => Promise<T>): Promise<T> {
  const store = await openStore(context.settings().root);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** What most commands work with. */
export interface Session {
  readonly store: LocalStore;
  readonly registry: RegistryClient;
}

/** The store and a registry client with the user's credentials. Closed at the end, whatever happens. */
export async function withSession<T>(context: Context, use: (session: Session) => Promise<T>): Promise<T> {
  return withStore(context, async (store) => {
    const registry = await openRegistry(context);
    try {
      return await use({ store, registry });
    } finally {
      await registry.close();
    }
  });
}
