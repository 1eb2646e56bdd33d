import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { runFinding } from "../run-finding.ts";

export const cdWithoutEffect: LintRule = {
  id: "CdWithoutEffect",
  title: "cd at the end of a RUN changes nothing: the next instruction begins in the WORKDIR again",
  url: pageUrl("CdWithoutEffect"),
  *check({ runs }) {
    for (const run of runs) {
      const last = run.calls.at(-1);
      const isLast = last?.command === run.commands.at(-1) && last?.command.depth === 0;
      // Alone it may be a test whether the folder is there; behind others it mostly goes back, which harms nobody.
      if (last?.name !== "cd" || !isLast || run.calls.length > 1) continue;
      const folder = last.args[0]?.value ?? "/";
      const message = `cd ${folder} ends with its RUN: the next instruction does not see it`;
      yield runFinding(run, last.command, { message, hint: `write WORKDIR ${folder}` });
    }
  },
};
