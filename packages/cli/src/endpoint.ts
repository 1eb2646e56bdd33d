import { usageError } from "./usage-error.ts";

/** Where `copy` reads from or writes to. */
export type Endpoint =
  | { readonly kind: "registry"; readonly reference: string }
  | { readonly kind: "store"; readonly name: string }
  /** `oci:`: an OCI layout in a folder. */
  | { readonly kind: "layout"; readonly path: string; readonly name: string | undefined }
  | { readonly kind: "oci-archive"; readonly path: string; readonly name: string | undefined }
  | { readonly kind: "docker-archive"; readonly path: string; readonly name: string | undefined };

const SCHEMES = ["docker", "oci", "oci-archive", "docker-archive", "store"];

/**
 * Reads `docker://reference`, `oci:FOLDER[:name]`, `oci-archive:FILE[:name]`, `docker-archive:FILE[:reference]`,
 * `store:name`; anything else is a reference of a registry.
 * @throws TsbuildError USAGE
 */
export function parseEndpoint(text: string): Endpoint {
  const [, scheme = "", rest = ""] = /^([a-z][a-z-]*):(.+)$/s.exec(text) ?? [];
  const cut = rest.indexOf(":");
  const path = cut === -1 ? rest : rest.slice(0, cut);
  const name = cut === -1 ? undefined : rest.slice(cut + 1);
  switch (scheme) {
    case "docker":
      // `docker:latest` is an image of that name, not a place.
      return { kind: "registry", reference: rest.startsWith("//") ? rest.slice(2) : text };
    case "store":
      return { kind: "store", name: rest };
    case "oci":
      return { kind: "layout", path, name };
    case "oci-archive":
    case "docker-archive":
      return { kind: scheme, path, name };
    default:
      if (/^[a-z-]+:\/|^dir:/.test(text)) {
        throw usageError(`cannot read the place ${text}`, { hint: `schemes: ${SCHEMES.join(", ")}` });
      }
      return { kind: "registry", reference: text };
  }
}
