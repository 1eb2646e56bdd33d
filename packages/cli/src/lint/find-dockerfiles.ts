import { type Dirent, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { TsbuildError } from "@tsbuild/oci";

const NAME = /^(?:Dockerfile|Containerfile)(?:\..+)?$|\.(?:Dockerfile|Containerfile)$/i;
const NOT_OURS: ReadonlySet<string> = new Set([".git", "node_modules"]);

/**
 * The Dockerfiles that words mean: files, folders with all Dockerfiles below them (in order of their names, links not
 * followed), and `-`, as they are.
 * @throws TsbuildError DOCKERFILE_NOT_FOUND for a folder without one, or that cannot be read
 */
export function findDockerfiles(words: readonly string[], cwd: string): string[] {
  return words.flatMap((word) => {
    const isFolder = word !== "-" && statSync(resolve(cwd, word), { throwIfNoEntry: false })?.isDirectory();
    if (!isFolder) return [word];
    const found = dockerfilesBelow(word, cwd);
    if (found.length > 0) return found;
    const hint = "known are Dockerfile, Dockerfile.NAME, NAME.Dockerfile and the same with Containerfile";
    throw new TsbuildError("DOCKERFILE_NOT_FOUND", `no Dockerfile in ${resolve(cwd, word)}`, { hint });
  });
}

function dockerfilesBelow(folder: string, cwd: string): string[] {
  return entriesOf(resolve(cwd, folder)).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : dockerfilesBelow(path, cwd);
    return entry.isFile() && NAME.test(entry.name) && !entry.name.endsWith(".dockerignore") ? [path] : [];
  });
}

function entriesOf(folder: string): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.sort((left, right) => (left.name < right.name ? -1 : 1));
  } catch (error) {
    throw notReadable(folder, error);
  }
}

function notReadable(folder: string, cause: unknown): TsbuildError {
  return new TsbuildError("DOCKERFILE_NOT_FOUND", `cannot read the folder ${folder}`, { cause });
}
