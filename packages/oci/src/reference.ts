import type { Digest } from "./digest.ts";

/** A full image name: `registry/repository[:tag][@digest]`, Docker's defaults filled in. */
export interface Reference {
  /** Host and port, `docker.io` where none was given. */
  readonly registry: string;
  /** Without the registry; `library/` filled in on docker.io. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}
