import type { AbortOptions, Descriptor, LocalStore } from "@tsbuild/oci";
import type { RegistryClient } from "@tsbuild/registry-client";
import type { BuildEvent } from "../event.ts";

/** What an exporter gets. */
export interface ExportRequest extends AbortOptions {
  /** The image's manifest (or index) in `store`. */
  readonly image: Descriptor;
  readonly store: LocalStore;
  readonly registry: RegistryClient;
  readonly tags: readonly string[];
  readonly onEvent?: ((event: BuildEvent) => void) | undefined;
}

/** Takes what was built somewhere. */
export interface Exporter {
  /** For messages: `oci archive ./out.tar`. */
  readonly name: string;
  export(request: ExportRequest): Promise<void>;
}
