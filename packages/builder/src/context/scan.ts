import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { compareNames, decodeName, encodeName } from "@tsbuild/oci";
import { joinPath } from "../files/names.ts";
import type { PathFilter } from "./path-filter.ts";

/** A file, folder or link of a context, as the walk found it. */
export interface ContextFile {
  /** Relative to the context's root; `""` is the root. */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  /** The twelve permission bits. */
  readonly mode: number;
  readonly size: number;
  /** Milliseconds since 1970, to about 250 ns: as exact as a number holds them, at a third of the cost of big integers. */
  readonly mtime: number;
  /** Milliseconds since 1970. */
  readonly ctime: number;
  readonly inode: number;
  /** Device and inode where the file has several names. */
  readonly linkGroup?: string;
  readonly linkName?: string;
}

/**
 * Walks a context folder with synchronous calls (for a worker thread): parents before children, names in byte order,
 * without what `filter` leaves out; folders in which nothing can count are not entered. Links are not followed.
 * Sockets, devices and fifos are passed over: no context has them.
 */
export function scanContext(root: string, filter: PathFilter): readonly ContextFile[] {
  const found: ContextFile[] = [];
  const visit = (path: string): void => {
    const file = statFile(root, path);
    if (file === undefined) return;
    const counts = path === "" || filter.counts(path);
    if (file.type !== "directory") {
      if (counts) found.push(file);
      return;
    }
    if (!counts && !filter.mayCountBelow(path)) return;
    const before = found.length;
    found.push(file);
    for (const name of namesIn(root, path)) visit(joinPath(path, name));
    // A folder that is left out itself is only there for what counts in it.
    if (!counts && found.length === before + 1) found.pop();
  };
  visit("");
  return found;
}

/** What to give to file system calls for a path of the context: bytes, where the name is not UTF-8. */
export function hostPath(root: string, path: string): string | Buffer {
  const full = path === "" ? root : `${root}/${path}`;
  return /[\ud800-\udfff]/.test(full) ? Buffer.from(encodeName(full)) : full;
}

function statFile(root: string, path: string): ContextFile | undefined {
  const host = hostPath(root, path);
  const stat = lstatSync(host, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  const mode = stat.mode & 0o7777;
  const common = { path, mtime: stat.mtimeMs, ctime: stat.ctimeMs, inode: stat.ino };
  if (stat.isDirectory()) return { ...common, type: "directory", mode, size: 0 };
  if (stat.isSymbolicLink())
    return { ...common, type: "symlink", mode: 0o777, size: 0, linkName: decodeName(readlinkSync(host, "buffer")) };
  if (!stat.isFile()) return undefined;
  const file = { ...common, type: "file", mode, size: stat.size } as const;
  return stat.nlink > 1 ? { ...file, linkGroup: `${stat.dev}:${stat.ino}` } : file;
}

function namesIn(root: string, path: string): readonly string[] {
  const host = hostPath(root, path);
  const names = readdirSync(host);
  const exact = names.some((name) => name.includes("\ufffd"))
    ? readdirSync(host, "buffer").map((name) => decodeName(name))
    : names;
  return exact.sort(compareNames);
}
