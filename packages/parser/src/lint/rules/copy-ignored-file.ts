import { cleanPath } from "../../ignore/clean-path.ts";
import { createIgnoreMatcher } from "../../ignore/ignore-matcher.ts";
import { quote } from "../../text/go-strings.ts";
import type { LintRule } from "../rule.ts";

const MATCHES_ALL: ReadonlySet<string> = new Set(["*", "**", "**/*"]);

export const copyIgnoredFile: LintRule = {
  id: "CopyIgnoredFile",
  title: "Attempting to Copy file that is excluded by .dockerignore",
  url: "https://docs.docker.com/go/dockerfile/rule/copy-ignored-file/",
  *check({ flow, ignorePatterns }) {
    const matcher = createIgnoreMatcher(ignorePatterns);
    // With exceptions nobody can tell from the pattern alone what is left of a folder.
    if (ignorePatterns.length === 0 || matcher.hasNegations) return;
    const ignoresAll = ignorePatterns.some(({ pattern }) => MATCHES_ALL.has(pattern));
    for (const { instruction, contextSources } of flow.steps) {
      const { range, comments, kind } = instruction;
      for (const source of contextSources.map(cleanPath)) {
        const isRoot = source === "." || source === "/";
        if (isRoot ? !ignoresAll : !matcher.ignores(source)) continue;
        const verb = kind === "add" ? "Add" : "Copy";
        const message = `Attempting to ${verb} file ${quote(source)} that is excluded by .dockerignore`;
        yield { range, comments, message };
      }
    }
  },
};
