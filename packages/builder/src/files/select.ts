import type { TreeEntry } from "@tsbuild/oci";
import { compileGoMatch, createIgnoreMatcher } from "@tsbuild/parser";
import { BuildError } from "../build-error.ts";
import type { FileAction } from "../graph/op.ts";
import type { FileSource } from "./file-source.ts";
import { cleanPath, joinPath, nameOf } from "./names.ts";

export type CopyAction = Extract<FileAction, { type: "copy" }>;

/** One thing that a COPY copies: a file, or what is in a folder. */
export interface Selected {
  readonly source: FileSource;
  /** What a file is called where the destination is a folder; undefined for a folder, whose content is copied. */
  readonly name: string | undefined;
  /** The file; or what is in the folder, parents before children. `path` is relative to the folder, `""` for a file. */
  readonly entries: readonly SelectedEntry[];
}

export interface SelectedEntry {
  readonly path: string;
  readonly entry: TreeEntry;
}

/**
 * What the patterns of a COPY or ADD select, as BuildKit does: final links are followed, `..` stops at the root, `*` does
 * not cross a slash, a pattern without a match selects nothing.
 * @throws BuildError SOURCE_NOT_FOUND for a missing source without wildcards, and for a missing folder before the first one
 */
export function select(source: FileSource, action: CopyAction): readonly Selected[] {
  const excluded = pathMatcher(action.exclude);
  return action.sources.flatMap((pattern) => {
    if (action.parents) return [selectWithParents(source, pattern, excluded)];
    return pathsOf(source, pattern).flatMap((path) => selectPath(source, path, excluded) ?? []);
  });
}

type Matches = (path: string) => boolean;

function pathMatcher(patterns: readonly string[]): Matches {
  if (patterns.length === 0) return () => false;
  const matcher = createIgnoreMatcher(patterns);
  return (path) => matcher.ignores(path);
}

function selectPath(source: FileSource, path: string, excluded: Matches): Selected | undefined {
  const resolved = source.resolve(path);
  const entry = source.lstat(resolved);
  if (entry === undefined) throw missing(source, path);
  if (entry.type === "directory") return { source, name: undefined, entries: contentOf(source, resolved, excluded) };
  const name = nameOf(path);
  return excluded(name) ? undefined : { source, name, entries: [{ path: "", entry }] };
}

function contentOf(source: FileSource, folder: string, excluded: Matches): readonly SelectedEntry[] {
  const entries: SelectedEntry[] = [];
  const start = folder === "" ? 0 : folder.length + 1;
  for (const entry of source.walk(folder)) {
    const path = entry.path.slice(start);
    if (path !== "" && !excluded(path)) entries.push({ path, entry });
  }
  return entries;
}

/** The paths that a pattern stands for; a pattern without wildcards stands for itself. */
function pathsOf(source: FileSource, pattern: string): readonly string[] {
  const names = cleanPath(pattern).split("/");
  const first = names.findIndex((name) => hasWildcard(name));
  if (first < 0) return [withoutEscapes(cleanPath(pattern))];
  const base = source.resolve(withoutEscapes(names.slice(0, first).join("/")));
  const depth = names.length - first;
  const matches = wildcardMatcher(names.slice(first).join("/"));
  const found: string[] = [];
  const visit = (path: string, relative: string, level: number): void => {
    for (const name of source.readdir(path)) {
      const below = joinPath(relative, name);
      if (level === depth) {
        if (matches(below)) found.push(joinPath(base, below));
      } else if (source.lstat(joinPath(base, below))?.type === "directory")
        visit(joinPath(base, below), below, level + 1);
    }
  };
  const start = source.lstat(base);
  if (start === undefined && base !== "") throw missing(source, base);
  if (base === "" || start?.type === "directory") visit(base, "", 1);
  return found;
}

function wildcardMatcher(pattern: string): Matches {
  const matches = compileGoMatch(pattern);
  if (typeof matches === "function") return matches;
  throw new BuildError("PATTERN_INVALID", `${JSON.stringify(pattern)}: ${matches.error}`);
}

/** `--parents`: the files keep their path (below the pivot `/./`), with the folders on the way as they are. */
function selectWithParents(source: FileSource, pattern: string, excluded: Matches): Selected {
  const pivot = pattern.indexOf("/./");
  const base = source.resolve(pivot < 0 ? "" : cleanPath(pattern.slice(0, pivot)));
  const wanted = cleanPath(pivot < 0 ? pattern : pattern.slice(pivot + 3));
  const matches = wanted === "" ? () => true : pathMatcher([wanted]);
  const entries: SelectedEntry[] = [];
  const folders: SelectedEntry[] = [];
  for (const selected of contentOf(source, base, excluded)) {
    while (folders.length > 0 && !selected.path.startsWith(`${folders.at(-1)?.path}/`)) folders.pop();
    if (matches(selected.path)) {
      entries.push(...folders.splice(0), selected);
      continue;
    }
    if (selected.entry.type === "directory") folders.push(selected);
  }
  if (entries.length === 0 && !hasWildcard(wanted)) throw missing(source, joinPath(base, wanted));
  return { source, name: undefined, entries };
}

function hasWildcard(name: string): boolean {
  return /[*?[]/.test(name.replace(/\\./g, ""));
}

function withoutEscapes(name: string): string {
  return name.replace(/\\(.)/g, "$1");
}

function missing(source: FileSource, path: string): BuildError {
  const hint = source.explainMissing(path) ?? "Check the path: it is relative to the root of where it is copied from.";
  return new BuildError("SOURCE_NOT_FOUND", `${JSON.stringify(`/${path}`)} is not in ${source.title}`, { hint });
}
