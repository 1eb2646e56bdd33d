import type { CommandLine } from "../../ast.ts";
import type { Fix } from "../../diagnostic.ts";
import { replacement } from "../../text/problem.ts";
import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";

export const malformedExecForm: LintRule = {
  id: "MalformedExecForm",
  title: "An argument list must be JSON: else the shell gets it, brackets and all",
  url: pageUrl("MalformedExecForm"),
  fixable: true,
  *check({ stages }) {
    for (const instruction of stages.flatMap(({ instructions }) => instructions)) {
      const command = "command" in instruction ? instruction.command : undefined;
      if (command?.form !== "shell" || !looksLikeList(command.text)) continue;
      const { comments } = instruction;
      const message = "This is no JSON: the shell runs a program whose name begins with a bracket";
      const hint = 'write ["program", "argument"], in double quotes and with a comma between each two';
      yield { range: command.range, comments, message, hint, fix: withDoubleQuotes(command) };
    }
  },
};

/** `[ -f x ]` and `[[ ... ]]` are tests. */
function looksLikeList(text: string): boolean {
  return (
    /^\[\s*["'\u2018\u201c]/.test(text) && /\]\s*$/.test(text) && !/^\[\s*["'][^"']{0,200}["']\s+(?:!?=|-)/.test(text)
  );
}

function withDoubleQuotes({ text, range }: CommandLine & { form: "shell" }): Fix | undefined {
  if (range.start.line !== range.end.line || /[\\"\u2018-\u201d]/.test(text)) return undefined;
  const list = text.replaceAll("'", '"');
  return isList(list) ? replacement("Use double quotes", range, list) : undefined;
}

function isList(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === "string");
  } catch {
    return false;
  }
}
