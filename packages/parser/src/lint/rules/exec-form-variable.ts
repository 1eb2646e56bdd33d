import { variablesIn } from "../mentions.ts";
import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { isPosixShell } from "../shell-script/posix-shell.ts";

/** Programs that expand variables, or hand them to one that does. */
const EXPANDS =
  /^(?:.*\/)?(?:cmd|cmd\.exe|powershell|powershell\.exe|pwsh|busybox|env|tini|dumb-init|su|gosu|su-exec|envsubst|eval|.*\.sh)$/;

export const execFormVariable: LintRule = {
  id: "ExecFormVariable",
  title: "Variables in an argument list are not filled in: no shell reads it",
  url: pageUrl("ExecFormVariable"),
  *check({ stages }) {
    for (const instruction of stages.flatMap(({ instructions }) => instructions)) {
      const command = "command" in instruction ? instruction.command : undefined;
      if (command?.form !== "exec") continue;
      const [program = ""] = command.args;
      if (command.args.some((arg) => isPosixShell(arg) || EXPANDS.test(arg))) continue;
      // Behind an ENTRYPOINT a CMD is only its arguments: what becomes of them nobody can tell from here.
      if (instruction.kind === "cmd" && program.startsWith("-")) continue;
      const arg = command.args.find((candidate) => /^\$\{?[A-Za-z_]\w*\}?$/.test(candidate));
      if (arg === undefined) continue;
      const message = `The program gets ${arg} as it is written: no shell fills in ${variablesIn(arg)[0] ?? "it"}`;
      const hint = 'write the shell form, or ["sh", "-c", "exec program $VARIABLE"]';
      yield { range: instruction.range, comments: instruction.comments, message, hint };
    }
  },
};
