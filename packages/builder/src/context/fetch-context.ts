import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { type AbortOptions, type Bytes, extractTree, openTree } from "@tsbuild/oci";
import { type GitReference, parseGitReference } from "@tsbuild/parser";
import { BuildError } from "../build-error.ts";
import { httpOp } from "../dockerfile/remote-source.ts";
import { openArchiveFile } from "../files/archive.ts";
import { createFileWorkers } from "../files/file-workers.ts";
import { checkOutCommit } from "../ops/git.ts";
import { downloadTo } from "../ops/http.ts";
import { layerOfFolder } from "../ops/layer-of-folder.ts";
import type { OpEnvironment } from "../ops/op-environment.ts";
import type { OpContext } from "../solver/op-runner.ts";
import type { ContextPlace } from "./context-place.ts";

/** A context whose files are on this machine. */
export interface FetchedContext {
  readonly directory: string;
  /** For messages: where the files come from. */
  readonly title: string;
  /** Seconds since 1970: of the commit, or of the newest file of an archive. Undefined: a folder has no time of its own. */
  readonly time?: number | undefined;
  /** `time` is that of a commit. */
  readonly isCommit?: boolean;
  /** What was there is no archive but one file. */
  readonly file?: string;
}

export type FetchEnvironment = Pick<OpEnvironment, "store" | "download">;

/** Tells whether the files of `place` must be brought into a folder first. */
export function isElsewhere(place: ContextPlace): boolean {
  return typeof place !== "string" || gitReferenceOf(place) !== undefined || isWebAddress(place);
}

/**
 * Brings the files of a context into the new folder `folder`.
 * @throws BuildError GIT_FAILED, DOWNLOAD_FAILED, ARCHIVE_..., PATH_INVALID
 */
export async function fetchContext(
  env: FetchEnvironment,
  place: ContextPlace,
  folder: string,
  options: AbortOptions & { readonly keepGitDir?: boolean } = {},
): Promise<FetchedContext> {
  mkdirSync(folder, { recursive: true });
  if (typeof place !== "string") {
    if ("files" in place) return writeFiles(place.files, folder);
    const source = join(folder, "archive");
    await saveBytes(place.archive, source);
    return filesOf(env, source, { title: "the archive given", folder }, options);
  }
  const git = gitReferenceOf(place);
  if (git !== undefined) return cloneContext(git, place, folder, options);
  const op = httpOp(place, "");
  const source = join(folder, op.fileName);
  const { time } = await downloadTo(source, op, env, contextOf(options));
  return { time, ...(await filesOf(env, source, { title: place, folder }, options)) };
}

function isWebAddress(place: string): boolean {
  return /^https?:\/\//.test(place);
}

/** `github.com/owner/repo` is a repository where there is no such folder. */
function gitReferenceOf(place: string): GitReference | undefined {
  const reference = parseGitReference(place);
  if (reference === undefined) return undefined;
  if ("error" in reference)
    throw new BuildError("GIT_SOURCE_INVALID", `${place}: ${reference.error}`, {
      hint: "write https://host/repository.git#ref:folder",
    });
  const isFolder = statSync(place, { throwIfNoEntry: false }) !== undefined;
  return reference.indistinguishableFromLocal && isFolder ? undefined : reference;
}

async function cloneContext(
  git: GitReference,
  title: string,
  folder: string,
  options: AbortOptions & { readonly keepGitDir?: boolean },
): Promise<FetchedContext> {
  const { remote, ref, subdir, checksum, submodules } = git;
  const keepGitDir = git.keepGitDir ?? options.keepGitDir ?? false;
  const op = {
    ...({ type: "git", remote, keepGitDir } as const),
    ...(ref === "" ? {} : { ref }),
    ...(subdir === "" ? {} : { subdir }),
    ...(checksum === "" ? {} : { checksum }),
    ...(submodules === undefined ? {} : { submodules }),
  };
  const { directory, time } = await checkOutCommit(op, folder, options);
  if (!keepGitDir) removeGitFolders(directory);
  return { directory, title, time, isCommit: true };
}

function removeGitFolders(directory: string): void {
  rmSync(join(directory, ".git"), { recursive: true, force: true });
  for (const entry of readdirSync(directory, { recursive: true, encoding: "utf8" }))
    if (basename(entry) === ".git") rmSync(join(directory, entry), { recursive: true, force: true });
}

function writeFiles(files: Readonly<Record<string, Uint8Array | string>>, folder: string): FetchedContext {
  for (const [name, content] of Object.entries(files)) {
    const path = resolve(folder, name);
    if (relative(folder, path).startsWith(".."))
      throw new BuildError("PATH_INVALID", `${JSON.stringify(name)} is outside of the build context`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return { directory: folder, title: "the files given" };
}

async function saveBytes(bytes: Bytes, path: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    for await (const chunk of bytes) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

/** The files of an archive; what is none is the one file of the context. */
async function filesOf(
  env: FetchEnvironment,
  source: string,
  { title, folder }: { readonly title: string; readonly folder: string },
  options: AbortOptions,
): Promise<FetchedContext> {
  const range = { file: source, offset: 0, size: statSync(source).size };
  const entries = await openArchiveFile(range, title);
  if (entries === undefined) return { directory: folder, title, file: source };
  let time = 0;
  for await (const { entry } of entries) time = Math.max(time, entry.mtime);
  const directory = `${folder}.files`;
  await unpack(env, source, directory, options);
  return { directory, title, time };
}

async function unpack(env: FetchEnvironment, source: string, directory: string, options: AbortOptions): Promise<void> {
  const workers = createFileWorkers(1);
  try {
    const archive = {
      directory: dirname(source),
      archive: basename(source).replace(/[\\*?[]/g, "\\$&"),
      title: source,
    };
    const layer = await layerOfFolder({ store: env.store, workers, epoch: undefined }, archive, contextOf(options));
    mkdirSync(directory);
    await extractTree(openTree(env.store, [layer]), directory, options);
  } finally {
    await workers.close();
  }
}

function contextOf({ signal }: AbortOptions): OpContext {
  const quiet = (): void => undefined;
  return { ...(signal === undefined ? {} : { signal }), log: quiet, progress: quiet };
}

/** The text of a context that is one file: a Dockerfile. */
export function dockerfileTextOf({ file }: FetchedContext): string | undefined {
  return file === undefined ? undefined : readFileSync(file, "utf8");
}
