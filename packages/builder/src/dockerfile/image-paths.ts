import { posix } from "node:path";
import { TsbuildError } from "@tsbuild/oci";

/** The operating system of an image decides what its paths look like. */
export type ImageOs = string;

/**
 * The absolute path that `path` means below `parent`, with forward slashes and without a drive letter.
 * @throws TsbuildError PATH_INVALID, in BuildKit's words: a path on another drive than C:
 */
export function resolveImagePath(parent: string, path: string, os: ImageOs): string {
  const base = posix.join("/", withoutDrive(parent === "" ? "/" : parent, os));
  const own = path === "" ? base : withoutDrive(path, os);
  return own.startsWith("/") ? own : posix.join(base, own);
}

/** The working directory that `WORKDIR path` sets, with the operating system's own separators. */
export function resolveWorkingDirectory(current: string, path: string, os: ImageOs): string {
  const resolved = resolveImagePath(current, path, os);
  return os === "windows" ? resolved.replaceAll("/", "\\") : resolved;
}

/** A destination of COPY or ADD: absolute and clean; a trailing slash says that it is a folder. */
export function resolveDestination(parent: string, path: string, os: ImageOs): string {
  const written = toSlash(path, os);
  const resolved = posix.normalize(resolveImagePath(parent, written === "" ? "." : path, os));
  const isFolder = written === "" || /(?:^|\/)\.{0,2}$/.test(written);
  return isFolder && !resolved.endsWith("/") ? `${resolved}/` : resolved;
}

/** A source of COPY or ADD below the root of where it comes from: clean, without a leading slash, `.` for the root. */
export function sourcePattern(path: string, os: ImageOs): string {
  const clean = posix.join("/", withoutDrive(path, os)).slice(1);
  const bare = clean.endsWith("/") ? clean.slice(0, -1) : clean;
  return bare === "" ? "." : bare;
}

export function toSlash(path: string, os: ImageOs): string {
  return os === "windows" ? path.replaceAll("\\", "/") : path;
}

function withoutDrive(path: string, os: ImageOs): string {
  if (os !== "windows") return path;
  const slashed = toSlash(path, os);
  if (slashed.startsWith("//")) throw invalid("UNC paths are not supported");
  const drive = /^([^:]*):(.*)$/s.exec(slashed);
  if (drive === null) return withoutSlash(posix.normalize(slashed));
  if (slashed.length === 2) throw invalid(`removing drive letter: No relative path specified in "${path}"`);
  if (drive[1]?.toLowerCase() !== "c")
    throw invalid("removing drive letter: The specified path is not on the system drive (C:)");
  return withoutSlash(posix.normalize(drive[2] ?? ""));
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

function invalid(message: string): Error {
  return new TsbuildError("PATH_INVALID", message, { hint: "images have one drive, C:" });
}
