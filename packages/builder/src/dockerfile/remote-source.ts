import { posix } from "node:path";
import { type GitReference, parseGitReference, type Range } from "@tsbuild/parser";
import type { HttpOp } from "../graph/op.ts";
import { mistake } from "./dockerfile-error.ts";

/** The name of a file whose address has none. */
const UNNAMED = "__unnamed__";

/** Tells whether ADD fetches `source` from the web as one file. */
export function isHttpSource(source: string): boolean {
  return /^https?:\/\//.test(source) && !isGitSource(source);
}

/** Tells whether ADD fetches `source` with git. */
export function isGitSource(source: string): boolean {
  const reference = parseGitReference(source);
  return reference !== undefined && ("error" in reference || !reference.indistinguishableFromLocal);
}

/**
 * The git repository that `source` names; undefined where it names none. `github.com/owner/repo` is a path here.
 * @throws DockerfileError for one whose query makes no sense
 */
export function gitSource(source: string, range: Range): GitReference | undefined {
  const reference = parseGitReference(source);
  if (reference === undefined) return undefined;
  if (!("error" in reference)) return reference.indistinguishableFromLocal ? undefined : reference;
  throw mistake(reference.error, range, {
    code: "GIT_SOURCE_INVALID",
    hint: "write https://host/repository.git#ref:folder, or ?ref=, tag=, branch=, subdir=, checksum=",
  });
}

/** The op that fetches a file from the web. */
export function httpOp(url: string, checksum: string): HttpOp {
  return { type: "http", url, fileName: fileNameOf(url), ...(checksum === "" ? {} : { checksum }) };
}

function fileNameOf(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : "";
  const name = decode(posix.basename(path));
  return name === "" || name === "." || name === ".." || name.includes("/") ? UNNAMED : name;
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
