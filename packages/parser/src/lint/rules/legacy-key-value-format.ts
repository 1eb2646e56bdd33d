import type { KeyValue } from "../../ast.ts";
import type { Fix } from "../../diagnostic.ts";
import { replacement } from "../../text/problem.ts";
import type { LintRule } from "../rule.ts";

export const legacyKeyValueFormat: LintRule = {
  id: "LegacyKeyValueFormat",
  title: "Legacy key/value format with whitespace separator should not be used",
  url: "https://docs.docker.com/go/dockerfile/rule/legacy-key-value-format/",
  fixable: true,
  *check({ flow }) {
    for (const { instruction } of flow.steps) {
      if (instruction.kind !== "env" && instruction.kind !== "label") continue;
      const { keyword, pairs, range, comments } = instruction;
      const legacy = pairs.find((pair) => pair.legacy);
      if (legacy === undefined) continue;
      const message = `"${keyword.text} key=value" should be used instead of legacy "${keyword.text} key value" format`;
      yield { range, comments, message, fix: withEquals(legacy) };
    }
  },
};

/** Only for values on one line: a value with blanks gets quotes, unless it has some of its own. */
function withEquals({ key, value }: KeyValue): Fix | undefined {
  if (value === undefined || value.range.start.line !== value.range.end.line || /["'`\\]/.test(value.text))
    return undefined;
  const text = /\s/.test(value.text) ? `"${value.text}"` : value.text;
  const range = { start: key.range.start, end: value.range.end };
  return replacement("Write key=value", range, `${key.text}=${text}`);
}
