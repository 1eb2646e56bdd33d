import { TsbuildError } from "../error.ts";
import type { TreeEntry } from "./tree.ts";

/** As many symlinks as Go's and containerd's resolvers follow; Linux itself gives up at 40. */
const LIMIT = 255;

/**
 * Follows every symlink in `path`, as if the tree were the whole file system: an absolute target begins at the tree's
 * root, and `..` above the root stays there. Parts that do not exist are kept.
 *
 * @throws TsbuildError TREE_SYMLINK_LOOP
 */
export function resolveInside(
  lstat: (path: string) => TreeEntry | undefined,
  path: string,
  followLast: boolean,
): string {
  const done: string[] = [];
  // Parts still to go, the next one last: a target is pushed in front of what remains.
  const pending = path.split("/").reverse();
  for (let links = 0; pending.length > 0; ) {
    const part = pending.pop();
    if (part === "" || part === "." || part === undefined) continue;
    if (part === "..") {
      done.pop();
      continue;
    }
    done.push(part);
    if (!followLast && isLast(pending)) continue;
    const entry = lstat(done.join("/"));
    if (entry?.type !== "symlink") continue;
    links++;
    if (links > LIMIT) throw new TsbuildError("TREE_SYMLINK_LOOP", `too many symlinks in ${JSON.stringify(path)}`);
    done.pop();
    if (entry.linkName?.startsWith("/")) done.length = 0;
    pending.push(...(entry.linkName ?? "").split("/").reverse());
  }
  return done.join("/");
}

function isLast(pending: readonly string[]): boolean {
  return pending.every((part) => part === "" || part === ".");
}
