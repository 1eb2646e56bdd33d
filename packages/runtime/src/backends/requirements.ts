import { TsbuildError } from "@tsbuild/oci";
import type { BackendName } from "../runtime.ts";
import type { ContainerSpec } from "../spec/container-spec.ts";

/** The folder that is to be the root, for a back end that cannot mount one. @throws TsbuildError RUNTIME_FAILED */
export function requireFolderRoot(name: BackendName, { root }: ContainerSpec): string {
  if ("folder" in root) return root.folder;
  throw new TsbuildError("RUNTIME_FAILED", `${name} mounts nothing: it needs the copy snapshotter`);
}

/** Refuses a network that would have to be made. @throws TsbuildError NETWORK_UNAVAILABLE */
export function requireHostNetwork(name: BackendName, { network }: ContainerSpec): void {
  if (network === "host") return;
  throw new TsbuildError("NETWORK_UNAVAILABLE", `${name} cannot keep a process from the network`, {
    hint: "Leave out --network=none, or build where namespaces are allowed.",
  });
}
