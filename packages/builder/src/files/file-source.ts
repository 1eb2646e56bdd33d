import type { Digest, Tree, TreeEntry } from "@tsbuild/oci";

/** Where COPY and ADD take files from: a build context or the tree of a chain of layers. Paths are as in `Entry`. */
export interface FileSource {
  /** For messages: `the build context /home/me/app`, `the stage`. */
  readonly title: string;
  /** True: a folder of the host, whose files can change at any time. */
  readonly live: boolean;
  /** What lies at exactly this path. */
  lstat(path: string): TreeEntry | undefined;
  /** The path with every symlink in it followed, within the root. */
  resolve(path: string): string;
  readdir(path: string): readonly string[];
  /** `path` and all below it, parents before children, names in byte order. */
  walk(path: string): Iterable<TreeEntry>;
  /** The digest of a file's bytes as they are now, or as they were when its metadata were last the same. */
  digest(entry: TreeEntry): Digest;
  /** The digest where it is known without reading the file. */
  knownDigest(entry: TreeEntry): Digest | undefined;
  /** Says what a read on the way into a layer found. @throws BuildError CONTEXT_CHANGED where that is not what was known */
  confirm(entry: TreeEntry, digest: Digest): void;
  /** Why a missing `path` may be missing, and what it may have been meant to be. */
  explainMissing(path: string): string | undefined;
}

/** A tree that can be looked at: a chain of layers, or one with the files of a step on top. */
export type Lookup = Pick<Tree, "lstat">;

const MOST_LINKS = 40;

/** Follows the symlinks of `path` in `tree`, never leaving its root; what is missing is kept as it stands. */
export function followLinks(tree: Lookup, path: string, options: { readonly followLast: boolean }): string {
  let done: string[] = [];
  let rest = path.split("/");
  for (let links = 0; rest.length > 0; ) {
    const name = rest.shift() ?? "";
    if (name === "" || name === ".") continue;
    if (name === "..") {
      done.pop();
      continue;
    }
    const here = [...done, name];
    const entry = rest.length === 0 && !options.followLast ? undefined : tree.lstat(here.join("/"));
    if (entry?.type !== "symlink" || links++ >= MOST_LINKS) {
      done = here;
      continue;
    }
    const target = entry.linkName ?? "";
    if (target.startsWith("/")) done = [];
    rest = [...target.split("/"), ...rest];
  }
  return done.join("/");
}
