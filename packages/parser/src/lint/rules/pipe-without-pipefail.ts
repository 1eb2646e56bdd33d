import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { runFinding } from "../run-finding.ts";
import { setsPipefail } from "../shell-script/posix-shell.ts";
import type { RunScript } from "../shell-script/run-script.ts";
import type { ShellCommand } from "../shell-script/shell-command.ts";

/**
 * Programs that hardly fail, tell something else than failure with their exit code (grep), or fail with `pipefail` only
 * because the next one has read enough (yes).
 */
const CANNOT_MATTER: ReadonlySet<string> = new Set(
  (
    "echo printf cat yes true : set cd export test [ [[ read uname date id env command which type " +
    "find ls ldd grep egrep locale awk gawk mawk sed sort uniq tr cut head tail tac rev wc stat file basename dirname xargs tee column " +
    "dpkg dpkg-query dpkg-architecture apt-mark apk rpm scanelf getconf nproc md5sum sha1sum sha256sum sha512sum base64"
  ).split(" "),
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
  // Of commands inside of others, those of substitutions, the pipe hides nothing that a lone command would not hide.
  let behind = 0;
  return left.some(({ name, command }) => {
    const isInside = command.end < behind;
    behind = Math.max(behind, command.end);
    return !isInside && !CANNOT_MATTER.has(name);
  });
}

function setsItself({ calls }: RunScript, { start }: ShellCommand): boolean {
  return calls.some(({ name, args, command }) => {
    return name === "set" && command.start < start && setsPipefail(args.map(({ value }) => value));
  });
}
