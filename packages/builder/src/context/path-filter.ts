import { createIgnoreMatcher, type IgnoreMatcher } from "@tsbuild/parser";
import type { ContextInput } from "../files/file-task.ts";

/** Which paths of a context count. */
export interface PathFilter {
  counts(path: string): boolean;
  /** False: nothing below this folder can count, so that it need not be read. */
  mayCountBelow(path: string): boolean;
  /** The rule that leaves `path` out, for messages: `.dockerignore:3 "dist"`. */
  reason(path: string): string | undefined;
}

type Patterns = Pick<ContextInput, "include" | "exclude" | "ignoreFile">;

/** The filter that the patterns of a context make. */
export function pathFilter({ include, exclude = [], ignoreFile }: Patterns): PathFilter {
  const excluding = createIgnoreMatcher(exclude);
  const including = include === undefined ? undefined : createIgnoreMatcher(include);
  return {
    counts: (path) => !excluding.ignores(path) && (including?.ignores(path) ?? true),
    mayCountBelow: (path) => excluding.mayContainIncluded(path),
    reason: (path) => {
      if (excluding.ignores(path)) return ruleOf(excluding, path, ignoreFile);
      return including?.ignores(path) === false ? "the list of files to include" : undefined;
    },
  };
}

function ruleOf(matcher: IgnoreMatcher, path: string, ignoreFile: Patterns["ignoreFile"]): string {
  const rule = matcher.explain(path);
  const pattern = JSON.stringify(rule?.pattern ?? "");
  return ignoreFile === undefined ? `the pattern ${pattern}` : `${ignoreFile}:${rule?.line ?? "?"} ${pattern}`;
}
