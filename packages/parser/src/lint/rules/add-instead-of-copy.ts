import type { CopyInstruction } from "../../ast.ts";
import { parseGitReference } from "../../git-reference.ts";
import { replacement } from "../../text/problem.ts";
import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";

const MAY_BE_ARCHIVE = /\.(?:tar|t?gz|tgz|t?bz2?|tbz2?|t?xz|t?zst|tar\.\w+|Z|lzma)$/i;
const ONLY_ADD: ReadonlySet<string> = new Set(["checksum", "keep-git-dir", "unpack"]);

export const addInsteadOfCopy: LintRule = {
  id: "AddInsteadOfCopy",
  title: "COPY should be used for files that ADD would neither fetch nor unpack",
  url: pageUrl("AddInsteadOfCopy"),
  fixable: true,
  *check({ stages }) {
    for (const instruction of stages.flatMap(({ instructions }) => instructions)) {
      if (instruction.kind !== "add" || !isPlainCopy(instruction)) continue;
      const { keyword, comments } = instruction;
      const copy = keyword.text === keyword.text.toLowerCase() ? "copy" : "COPY";
      const fix = replacement("Use COPY", keyword.range, copy);
      yield {
        range: keyword.range,
        comments,
        message: "ADD does nothing here that COPY does not",
        hint: "use COPY",
        fix,
      };
    }
  },
};

function isPlainCopy({ sources, flags }: CopyInstruction): boolean {
  const isSurelyLocal = sources.every((source) => {
    if (!("text" in source)) return true;
    const { text } = source;
    const isRemote = /^(?:https?|ftp|git|ssh):/i.test(text) || parseGitReference(text) !== undefined;
    // What a variable or a wildcard stands for may be an archive.
    return !isRemote && !MAY_BE_ARCHIVE.test(text) && !/[$*?[\]"']/.test(text);
  });
  return isSurelyLocal && flags.every(({ name }) => !ONLY_ADD.has(name));
}
