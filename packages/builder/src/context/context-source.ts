import { createHash } from "node:crypto";
import { closeSync, lstatSync, openSync, readSync } from "node:fs";
import type { Digest, TreeEntry } from "@tsbuild/oci";
import { BuildError } from "../build-error.ts";
import { type FileSource, followLinks } from "../files/file-source.ts";
import { cleanPath } from "../files/names.ts";
import { nearestNames } from "../files/nearest.ts";
import type { PathFilter } from "./path-filter.ts";
import { type ContextFile, hostPath, scanContext } from "./scan.ts";
import { openStatCache, type StatCache } from "./stat-cache.ts";

export interface ContextSourceOptions {
  readonly title: string;
  readonly root: string;
  readonly filter: PathFilter;
  /** Where to keep what is known about the files' bytes. */
  readonly statCacheFile: string;
}

/** A build context that has been walked. */
export interface ContextSource extends FileSource {
  /** Keeps what was learned about the files' bytes for the next build. */
  save(): void;
}

/** Walks a context folder and opens it as something to copy from: all files are root's, times in whole seconds. */
export function contextSource(options: ContextSourceOptions): ContextSource {
  const { root, filter, title } = options;
  const files = scanContext(root, filter);
  const byPath = new Map(files.map((file, index) => [file.path, { file, index }]));
  const statCache = openStatCache(options.statCacheFile);
  const lstat = (path: string): TreeEntry | undefined => entryOf(root, byPath.get(path)?.file);
  const digests = digestsOf(root, byPath, statCache);
  const readdir = (path: string): readonly string[] => childrenOf(files, byPath.get(path)?.index);
  return {
    title,
    live: true,
    lstat,
    readdir,
    resolve: (path) => followLinks({ lstat }, path, { followLast: true }),
    *walk(path) {
      const start = byPath.get(path)?.index;
      for (const file of start === undefined ? [] : below(files, start)) yield entryOf(root, file) as TreeEntry;
    },
    ...digests,
    explainMissing: (path) => explainMissing(root, filter, path) ?? nearestNames({ lstat, readdir }, path),
    save: () => statCache.save(byPath),
  };
}

type ByPath = ReadonlyMap<string, { readonly file: ContextFile; readonly index: number }>;

function entryOf(root: string, file: ContextFile | undefined): TreeEntry | undefined {
  if (file === undefined) return undefined;
  const { path, type, mode, size, linkName, linkGroup } = file;
  return {
    ...{ path, type, mode, size, uid: 0, gid: 0, mtimeNsec: 0 },
    mtime: Math.floor(file.mtime / 1000),
    ...(linkName === undefined ? {} : { linkName }),
    ...(linkGroup === undefined ? {} : { linkGroup }),
    ...(type === "file" ? { content: { file: `${root}/${path}`, offset: 0, size } } : {}),
  };
}

/** A folder's file and all that the walk found below it: they follow it without a gap. */
function* below(files: readonly ContextFile[], start: number): Iterable<ContextFile> {
  const first = files[start];
  if (first === undefined) return;
  yield first;
  const prefix = first.path === "" ? "" : `${first.path}/`;
  for (let index = start + 1; index < files.length; index++) {
    const file = files[index];
    if (file === undefined || !file.path.startsWith(prefix)) return;
    yield file;
  }
}

function childrenOf(files: readonly ContextFile[], start: number | undefined): readonly string[] {
  if (start === undefined) return [];
  const names: string[] = [];
  const depth = files[start]?.path === "" ? 0 : (files[start]?.path.length ?? 0) + 1;
  for (const { path } of below(files, start))
    if (path.length > depth && !path.includes("/", depth)) names.push(path.slice(depth));
  return names;
}

function digestsOf(
  root: string,
  byPath: ByPath,
  statCache: StatCache,
): Pick<FileSource, "digest" | "knownDigest" | "confirm"> {
  const read = new Map<string, Digest>();
  const fileOf = (entry: TreeEntry): ContextFile => {
    const file = byPath.get(entry.path)?.file;
    if (file === undefined) throw new Error(`${entry.path} is no file of this context`);
    return file;
  };
  const knownDigest = (entry: TreeEntry): Digest | undefined => read.get(entry.path) ?? statCache.find(fileOf(entry));
  const learn = (file: ContextFile, digest: Digest): void => {
    assertUnchanged(root, file);
    read.set(file.path, digest);
    statCache.note(file, digest);
  };
  return {
    knownDigest,
    digest(entry) {
      const known = knownDigest(entry);
      if (known !== undefined) return known;
      const file = fileOf(entry);
      const digest = digestOfFile(hostPath(root, file.path));
      learn(file, digest);
      return digest;
    },
    confirm(entry, digest) {
      const known = knownDigest(entry);
      if (known !== undefined && known !== digest) throw changed(entry.path);
      learn(fileOf(entry), digest);
    },
  };
}

function digestOfFile(path: string | Buffer): Digest {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(1 << 18);
  const descriptor = openSync(path, "r");
  try {
    for (let read = readSync(descriptor, buffer); read > 0; read = readSync(descriptor, buffer))
      hash.update(buffer.subarray(0, read));
  } finally {
    closeSync(descriptor);
  }
  return `sha256:${hash.digest("hex")}`;
}

/** After a read: bytes that were read while the file changed belong to no state of it. */
function assertUnchanged(root: string, file: ContextFile): void {
  const now = lstatSync(hostPath(root, file.path), { throwIfNoEntry: false });
  const same = now?.mtimeMs === file.mtime && now.ctimeMs === file.ctime && now.size === file.size;
  if (!same) throw changed(file.path);
}

function changed(path: string): BuildError {
  return new BuildError("CONTEXT_CHANGED", `${JSON.stringify(path)} in the build context changed while it was read`, {
    hint: "Build again when nothing writes to the context, or exclude the file in .dockerignore.",
  });
}

/** Whether the file is there and left out, and by which rule. */
function explainMissing(root: string, filter: PathFilter, path: string): string | undefined {
  const clean = cleanPath(path);
  if (lstatSync(hostPath(root, clean), { throwIfNoEntry: false }) === undefined) return undefined;
  const names = clean.split("/");
  const excluded = names.map((_, index) => names.slice(0, index + 1).join("/")).find((name) => !filter.counts(name));
  const reason = filter.reason(excluded ?? clean);
  return reason === undefined ? undefined : `${JSON.stringify(clean)} is there, but ${reason} leaves it out.`;
}
