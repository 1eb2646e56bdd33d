import type { CommandLine } from "../../ast.ts";
import type { Fix } from "../../diagnostic.ts";
import { replacement } from "../../text/problem.ts";
import type { LintRule } from "../rule.ts";

export const jsonArgsRecommended: LintRule = {
  id: "JSONArgsRecommended",
  title: "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals",
  url: "https://docs.docker.com/go/dockerfile/rule/json-args-recommended/",
  fixable: true,
  *check({ flow, tree }) {
    const shipped = tree.shipped.flatMap(({ instructions }) => instructions.map(({ kind }) => kind));
    const hasBoth = shipped.includes("cmd") && shipped.includes("entrypoint");
    for (const { instruction, hasShell } of flow.steps) {
      if (instruction.kind !== "cmd" && instruction.kind !== "entrypoint") continue;
      if (instruction.command.form === "exec" || hasShell) continue;
      const { keyword, range, comments } = instruction;
      const message = `JSON arguments recommended for ${keyword.text} to prevent unintended behavior related to OS signals`;
      // Together they are one command: changing the form of one changes what the other is to it.
      yield { range, comments, message, fix: hasBoth ? undefined : asList(instruction.command) };
    }
  },
};

/** Words that mean the same with and without a shell: no quotes, variables, wildcards or operators. */
const PLAIN_WORDS = /^[\w@%+:,./-][\w@%+=:,./ -]*$/;
/** What only a shell knows, or does otherwise. */
const SHELL_WORDS: ReadonlySet<string> = new Set(
  "! . : [ case cd eval exec exit export for if read return set source test then time trap ulimit umask unset until wait while".split(
    " ",
  ),
);

function asList(command: CommandLine & { form: "shell" }): Fix | undefined {
  const { text, range } = command;
  const words = text.trim().split(/ +/);
  const args = words[0] === "exec" ? words.slice(1) : words;
  const [program = ""] = args;
  const isPlain = PLAIN_WORDS.test(text) && range.start.line === range.end.line;
  if (!isPlain || SHELL_WORDS.has(program) || /^$|^-|=/.test(program)) return undefined;
  return replacement("Write an argument list", range, `[${args.map((arg) => JSON.stringify(arg)).join(", ")}]`);
}
