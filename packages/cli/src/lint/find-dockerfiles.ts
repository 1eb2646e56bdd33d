import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { TsbuildError } from "@tsbuild/oci";
import fastGlob from "fast-glob";

const NAMES: readonly string[] = [
  "**/{Docker,Container}file",
  "**/{Docker,Container}file.*",
  "**/*.{Docker,Container}file",
];
const NOT_OURS: readonly string[] = ["**/.git/**", "**/node_modules/**", "**/*.dockerignore"];

/**
 * The Dockerfiles that words mean: files, globs, folders with all Dockerfiles below them (links are not followed), and `-`,
 * as they are. What one word means is in order of its names.
 * @throws TsbuildError DOCKERFILE_NOT_FOUND for a folder or a glob without one, or a folder that cannot be read
 */
export async function findDockerfiles(words: readonly string[], cwd: string): Promise<string[]> {
  const found = await Promise.all(words.map((word) => filesOf(word, cwd)));
  return found.flat();
}

async function filesOf(word: string, cwd: string): Promise<readonly string[]> {
  const place = word === "-" ? undefined : statSync(resolve(cwd, word), { throwIfNoEntry: false });
  if (place?.isDirectory()) return dockerfilesBelow(word, cwd);
  if (word === "-" || place !== undefined || !fastGlob.isDynamicPattern(word)) return [word];
  const files = await search([word], cwd, false);
  if (files.length > 0) return files;
  throw new TsbuildError("DOCKERFILE_NOT_FOUND", `no file is called like ${word}`, {
    hint: `the pattern is relative to ${cwd}`,
  });
}

async function dockerfilesBelow(folder: string, cwd: string): Promise<readonly string[]> {
  const files = await search(NAMES, resolve(cwd, folder), true);
  if (files.length > 0) return files.map((file) => join(folder, file));
  const hint = "known are Dockerfile, Dockerfile.NAME, NAME.Dockerfile and the same with Containerfile";
  throw new TsbuildError("DOCKERFILE_NOT_FOUND", `no Dockerfile in ${resolve(cwd, folder)}`, { hint });
}

async function search(patterns: readonly string[], cwd: string, anyCase: boolean): Promise<readonly string[]> {
  const options = { cwd, dot: true, followSymbolicLinks: false, ignore: [...NOT_OURS], caseSensitiveMatch: !anyCase };
  try {
    return (await fastGlob([...patterns], options)).sort();
  } catch (error) {
    throw notReadable(cwd, error);
  }
}

function notReadable(folder: string, cause: unknown): TsbuildError {
  return new TsbuildError("DOCKERFILE_NOT_FOUND", `cannot read the folder ${folder}`, { cause });
}
