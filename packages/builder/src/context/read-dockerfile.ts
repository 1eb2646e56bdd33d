import { readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { type IgnorePattern, parseIgnoreFile } from "@tsbuild/parser";
import { BuildError } from "../build-error.ts";
import type { LocalRequest } from "./prepare-contexts.ts";

/** A Dockerfile and where it is; no path where its text was given. */
export interface DockerfileText {
  readonly text: string;
  readonly path: string | undefined;
}

const LIMIT = 4 << 20;

/**
 * The Dockerfile of a build: the text itself, the file named, or `Dockerfile`, then `dockerfile`, in the context.
 * @throws BuildError DOCKERFILE_NOT_FOUND, DOCKERFILE_TOO_LARGE
 */
export function readDockerfile({ context = ".", dockerfile, dockerfileText }: LocalRequest): DockerfileText {
  if (dockerfileText !== undefined)
    return { text: dockerfileText, path: dockerfile === undefined ? undefined : resolve(context, dockerfile) };
  const names = dockerfile === undefined ? ["Dockerfile", "dockerfile"] : [dockerfile];
  const paths = names.map((name) => resolve(context, name));
  const path = paths.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
  if (path === undefined)
    throw new BuildError("DOCKERFILE_NOT_FOUND", `there is no ${paths[0]}`, {
      hint: "Give the folder that the Dockerfile is in, or the file itself with -f.",
    });
  if (statSync(path).size > LIMIT)
    throw new BuildError("DOCKERFILE_TOO_LARGE", `${path} has more than ${LIMIT} bytes: it is no Dockerfile`);
  return { text: readFileSync(path, "utf8"), path };
}

/** The rules of an ignore file. */
export interface IgnoreFile {
  /** For messages: `.dockerignore`. */
  readonly name: string;
  readonly patterns: readonly IgnorePattern[];
}

/**
 * The ignore file of a context: `NAME.dockerignore` beside the Dockerfile wins over `.dockerignore` in the context.
 * @throws BuildError IGNORE_FILE_INVALID for a pattern that is not well-formed, as BuildKit does
 */
export function readIgnoreFile(directory: string, dockerfile: string | undefined): IgnoreFile | undefined {
  const beside = dockerfile === undefined ? [] : [`${dockerfile}.dockerignore`];
  const candidates = [...beside, join(directory, ".dockerignore")];
  const path = candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
  if (path === undefined) return undefined;
  const { patterns, diagnostics } = parseIgnoreFile(readFileSync(path, "utf8"));
  const [mistake] = diagnostics;
  if (mistake !== undefined)
    throw new BuildError("IGNORE_FILE_INVALID", `${path}:${mistake.range.start.line}: ${mistake.message}`, {
      hint: mistake.hint ?? "Correct the pattern.",
    });
  return { name: basename(path), patterns };
}
