import type { Bytes } from "@tsbuild/oci";

/**
 * Where the files of a build context are: a folder of this machine; the address of a git repository
 * (`https://host/repo.git#ref:folder`) or of an archive on the web; an archive's bytes (a tar, plain or packed); or the
 * files themselves, by path.
 */
export type ContextPlace =
  | string
  | { readonly archive: Bytes }
  | { readonly files: Readonly<Record<string, Uint8Array | string>> };
