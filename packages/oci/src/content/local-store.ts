import type { AbortOptions } from "../bytes.ts";
import type { Descriptor } from "../descriptor.ts";
import type { Digest } from "../digest.ts";
import type { FileStore, ImageTarget } from "./store.ts";

/** A name of the local store and what it stands for. */
export interface NamedImage {
  /** Full reference with tag: `docker.io/library/debian:12`. */
  readonly name: string;
  readonly descriptor: Descriptor;
}

/** Something wrong in a store. */
export interface StoreProblem {
  /** `blob`, `name`, `index`, ...: what kind of thing. */
  readonly kind: string;
  /** Its digest or name. */
  readonly subject: string;
  readonly message: string;
}

/**
 * The images of this user on this machine: content by digest, images by full reference.
 *
 * Several processes may use one store at a time: content is written by temporary file and rename, names change under a
 * lock. A layer may be absent while `sources` says which repositories have it: base layers that no step needed yet.
 */
export interface LocalStore extends ImageTarget, FileStore, AsyncDisposable {
  readonly root: string;
  /** A folder of the store for `purpose` (`cache`, `snapshots`, `layers`), made where missing. */
  folder(purpose: string): string;
  list(): Promise<readonly NamedImage[]>;
  /** False: there was no such name. */
  untag(name: string): Promise<boolean>;
  /** Notes that the repository `repository` (`registry/repository`) has this content. */
  addSource(digest: Digest, repository: string): Promise<void>;
  /** The repositories that may have this content, newest note first. */
  sources(digest: Digest): Promise<readonly string[]>;
  /** Removes a blob and what was derived from it. */
  remove(digest: Digest): Promise<void>;
  /**
   * Removes all content that no name reaches and that is not in `keep`, but for what is younger than `graceMs`
   * (a build under way). Returns the bytes freed.
   */
  collect(options?: AbortOptions & { readonly keep?: ReadonlySet<string>; readonly graceMs?: number }): Promise<number>;
  /** Reads every blob, record and name and yields what is wrong. */
  check(options?: AbortOptions): AsyncIterable<StoreProblem>;
  close(): Promise<void>;
}
