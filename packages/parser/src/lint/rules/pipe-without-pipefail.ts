import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { runFinding } from "../run-finding.ts";
import { setsPipefail } from "../shell-script/posix-shell.ts";
import type { RunScript } from "../shell-script/run-script.ts";
import type { ShellCommand } from "../shell-script/shell-command.ts";

/** Programs that hardly fail, or fail with `pipefail` because the next one has read enough. */
const CANNOT_MATTER: ReadonlySet<string> = new Set(
  "echo printf cat yes true : set cd export test [ read uname date id".split(" "),
);

export const pipeWithoutPipefail: LintRule = {
  id: "PipeWithoutPipefail",
  title: "A pipe should fail when a command in front of the last one fails",
  url: pageUrl("PipeWithoutPipefail"),
  *check({ runs }) {
    for (const run of runs) {
      if (run.hasPipefail) continue;
      const fed = run.commands.find((command) => command.pipedFrom !== undefined && hidesFailure(run, command));
      if (fed === undefined || fed.pipedFrom === undefined || setsItself(run, fed)) continue;
      const part = { start: fed.pipedFrom, end: fed.end };
      const message = "Only the last command of a pipe counts: where one in front of it fails, the build goes on";
      const hint = 'write SHELL ["/bin/bash", "-o", "pipefail", "-c"] above, or set -o pipefail in the RUN';
      yield runFinding(run, part, { message, hint });
    }
  },
};

function hidesFailure(run: RunScript, { pipedFrom = 0, start }: ShellCommand): boolean {
  const left = run.calls.filter(({ command }) => command.start >= pipedFrom && command.end <= start);
  return left.some(({ name }) => !CANNOT_MATTER.has(name));
}

function setsItself({ calls }: RunScript, { start }: ShellCommand): boolean {
  return calls.some(({ name, args, command }) => {
    return name === "set" && command.start < start && setsPipefail(args.map(({ value }) => value));
  });
}
