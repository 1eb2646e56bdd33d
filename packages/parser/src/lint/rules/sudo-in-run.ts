import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { runFinding } from "../run-finding.ts";
import { baseName } from "../shell-script/posix-shell.ts";

export const sudoInRun: LintRule = {
  id: "SudoInRun",
  title: "sudo should not be used in a RUN",
  url: pageUrl("SudoInRun"),
  *check({ runs }) {
    for (const run of runs) {
      for (const { words, start, end } of run.commands) {
        if (baseName(words[0]?.value ?? "") !== "sudo") continue;
        const message = "sudo in a RUN: it needs rights and a program that the image could do without";
        yield runFinding(run, { start, end }, { message, hint: "write USER above the RUN, and USER again below it" });
      }
    }
  },
};
