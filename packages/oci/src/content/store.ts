import type { AbortOptions, Bytes } from "../bytes.ts";
import type { Descriptor } from "../descriptor.ts";
import type { Digest } from "../digest.ts";

/** Where content can be read. */
export interface ContentSource {
  /**
   * Streams the content. The stream fails at its end where digest or size differ from `target`'s.
   * @throws TsbuildError NOT_FOUND, DIGEST_MISMATCH, SIZE_MISMATCH
   */
  fetch(target: Descriptor, options?: AbortOptions): Promise<Bytes>;
  exists(target: Descriptor, options?: AbortOptions): Promise<boolean>;
}

/** Options of {@link ContentStore.push}. */
export interface PushOptions extends AbortOptions {
  /** Send it even where the target says that it has it: some registries say so of what they have lost. @default false */
  readonly anew?: boolean;
}

/** Where content can also be written. Writing what is already there does nothing. */
export interface ContentStore extends ContentSource {
  /**
   * Stores `content`, which must have the size and digest of `expected`. `content` is a function, so that a failed
   * attempt can start over with a fresh stream.
   * @throws TsbuildError DIGEST_MISMATCH, SIZE_MISMATCH; CONTENT_MISSING for a manifest that names what is not there
   */
  push(expected: Descriptor, content: () => Bytes | Promise<Bytes>, options?: PushOptions): Promise<void>;
}

/** Where images can be read by name: a repository, an OCI layout, an archive, the local store. */
export interface ImageSource extends ContentSource {
  /**
   * The descriptor of what `name` (a tag, a digest or, in a store, a full reference) stands for.
   * @throws TsbuildError NOT_FOUND
   */
  resolve(name: string, options?: AbortOptions): Promise<Descriptor>;
  /** What a target's {@link ImageTarget.mount} understands: `registry/repository`. Only repositories have it. */
  readonly name?: string;
  /**
   * The manifests whose subject this is. Only places that keep such lists have this, and they keep them up to date
   * themselves; for all others see `listReferrers`.
   */
  referrers?(
    subject: Descriptor,
    options?: AbortOptions & { readonly artifactType?: string },
  ): Promise<readonly Descriptor[]>;
}

/** Where images can also be written by name. */
export interface ImageTarget extends ImageSource, ContentStore {
  tag(target: Descriptor, name: string, options?: AbortOptions): Promise<void>;
  /**
   * Makes a blob that `from` names appear here without moving its bytes, where the target can (a registry's
   * cross-repository mount). True: it is here now.
   */
  mount?(target: Descriptor, from: string, options?: AbortOptions): Promise<boolean>;
}

/** Content kept as files, so that worker threads can read and write it with synchronous calls. */
export interface FileStore extends ContentStore {
  /** The file of this content, whether or not it is there now. */
  blobPath(digest: Digest): string;
  /** Tells synchronously whether the content is here. */
  has(digest: Digest): boolean;
  /** A new file name, on the blobs' file system, to be given to {@link FileStore.adopt} or removed. Swept after a crash. */
  temporaryPath(): string;
  /** Makes a finished temporary file the blob `digest` (which its writer computed while writing): fsync, rename. */
  adopt(temporaryPath: string, digest: Digest): Promise<void>;
}
