import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestHex } from "../digest.ts";
import { TsbuildError } from "../error.ts";
import { errorCode, readFileIfThere, replaceFile } from "../file.ts";
import { withFileLock } from "../file-lock.ts";
import { type BlobFiles, createBlobFiles } from "./blob-files.ts";
import type { LocalStore } from "./local-store.ts";
import { checkStore } from "./local-store-check.ts";
import { reachable, removeUnmarked } from "./local-store-collect.ts";
import { resolveName, storeName } from "./local-store-resolve.ts";
import { encodeNames, type Names, readNames } from "./name-file.ts";
import { notFound } from "./not-found.ts";
import { createSourceNotes, type SourceNotes } from "./sources.ts";

/** The version of the folders below; a store of another version is not touched. */
const VERSION = "1";
/** Content younger than this may belong to a build under way. */
const GRACE_MS = 60 * 60 * 1000;

/**
 * Where the store lies by default: `$TSBUILD_ROOT`, else `$XDG_DATA_HOME/tsbuild`, else `~/.local/share/tsbuild`.
 *
 * @param env The environment, for example `process.env`.
 * @param home The user's home directory.
 */
export function defaultRoot(env: Readonly<Record<string, string | undefined>>, home: string): string {
  const { TSBUILD_ROOT: own, XDG_DATA_HOME: data } = env;
  if (own !== undefined && own !== "") return own;
  return join(data?.startsWith("/") ? data : join(home, ".local", "share"), "tsbuild");
}

/**
 * Opens the store in the folder `root`, made where missing, and sweeps what ended processes left half-written.
 *
 * Below it: `blobs/` (content by digest), `names.json`, `sources/` (who else has content that may be absent here),
 * `ingest/` (files being written) and a folder for each purpose: `layers`, `cache`, `snapshots`.
 * @throws TsbuildError STORE_VERSION, STORE_UNWRITABLE
 */
export async function openStore(root: string): Promise<LocalStore> {
  const blobs = createBlobFiles(root, join(root, "ingest/"));
  prepare(root, blobs);
  for (const path of blobs.leftBehind()) rmSync(path, { force: true, recursive: true });
  return createLocalStore(root, blobs);
}

function createLocalStore(root: string, blobs: BlobFiles): LocalStore {
  const notes = createSourceNotes(root, blobs.temporaryPath);
  const namesPath = join(root, "names.json");
  const changeNames = (change: (names: Names) => Names): Promise<void> =>
    withFileLock(join(root, "names.lock"), () =>
      replaceFile(namesPath, encodeNames(change(readNames(namesPath))), blobs.temporaryPath()),
    );
  return {
    ...blobs,
    root,
    folder: (purpose) => folderOf(root, purpose),
    resolve: async (name) => resolveName({ root, names: readNames(namesPath), blobPath: blobs.blobPath }, name),
    async list() {
      return Object.entries(readNames(namesPath)).map(([name, descriptor]) => ({ name, descriptor }));
    },
    async tag(target, name) {
      const key = storeName(name);
      if (!blobs.has(target.digest)) throw notFound(target.digest, `the store ${root}`);
      await changeNames((names) => ({ ...names, [key]: target }));
    },
    async untag(name) {
      const key = storeName(name);
      let found = false;
      await changeNames(({ [key]: removed, ...others }) => {
        found = removed !== undefined;
        return others;
      });
      return found;
    },
    addSource: (digest, repository) => notes.add(digest, repository),
    sources: async (digest) => notes.read(digest),
    async remove(digest) {
      rmSync(blobs.blobPath(digest), { force: true });
      removeDerived(root, notes, digest);
    },
    async collect({ keep, graceMs = GRACE_MS, signal } = {}) {
      const before = Date.now() - graceMs;
      const roots = Object.values(readNames(namesPath));
      const marked = await reachable(blobs, roots, { signal });
      return removeUnmarked(root, before, {
        isKept: (digest) => marked.has(digest) || keep?.has(digest) === true,
        onRemoved: (digest) => removeDerived(root, notes, digest),
      });
    },
    check: (options = {}) => checkStore({ root, blobs, notes, namesPath }, options),
    async close() {},
    async [Symbol.asyncDispose]() {},
  };
}

function prepare(root: string, blobs: BlobFiles): void {
  try {
    mkdirSync(join(root, "ingest"), { recursive: true, mode: 0o700 });
    mkdirSync(join(root, "blobs", "sha256"), { recursive: true, mode: 0o700 });
    const versionPath = join(root, "version");
    const version = readFileIfThere(versionPath);
    const found = version === undefined ? undefined : Buffer.from(version).toString("utf8").trim();
    if (found === undefined) replaceFile(versionPath, Buffer.from(`${VERSION}\n`), blobs.temporaryPath());
    else if (found !== VERSION) throw otherVersion(root, found);
  } catch (error) {
    throw ["EACCES", "EPERM", "EROFS", "ENOTDIR"].includes(errorCode(error) ?? "") ? unwritable(root, error) : error;
  }
}

function folderOf(root: string, purpose: string): string {
  if (!/^[a-z][a-z0-9-]*$/.test(purpose)) throw new TypeError(`not the name of a store's folder: ${purpose}`);
  const path = join(root, purpose);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

// Layer indexes and the notes on packed forms are called after the digest that they belong to.
function removeDerived(root: string, notes: SourceNotes, digest: Digest): void {
  rmSync(notes.path(digest), { force: true });
  const layers = folderOf(root, "layers");
  const names = readdirSync(layers).filter((name) => name.startsWith(digestHex(digest)));
  for (const name of names) rmSync(join(layers, name), { force: true, recursive: true });
}

function otherVersion(root: string, found: string): TsbuildError<"STORE_VERSION"> {
  return new TsbuildError("STORE_VERSION", `the store ${root} has version ${found.slice(0, 20)}, not ${VERSION}`, {
    hint: "use the tsbuild that made it, or another folder: TSBUILD_ROOT",
  });
}

function unwritable(root: string, cause: unknown): TsbuildError<"STORE_UNWRITABLE"> {
  return new TsbuildError("STORE_UNWRITABLE", `cannot write to the store ${root}`, {
    cause,
    hint: "choose a folder of your own with TSBUILD_ROOT",
  });
}
