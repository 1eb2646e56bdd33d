import type { LocalStore } from "@tsbuild/oci";
import type { RegistryClient } from "@tsbuild/registry-client";

/** The store and the registry client of one command. */
export interface Session {
  readonly store: LocalStore;
  readonly registry: RegistryClient;
}
