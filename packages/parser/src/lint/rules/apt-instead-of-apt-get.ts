import { replacement } from "../../text/problem.ts";
import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { runFinding } from "../run-finding.ts";

const SAME_VERBS: ReadonlySet<string> = new Set(
  "autoclean autoremove build-dep clean dist-upgrade download install purge remove source update upgrade".split(" "),
);

export const aptInsteadOfAptGet: LintRule = {
  id: "AptInsteadOfAptGet",
  title: "apt is for people at a terminal; scripts should use apt-get",
  url: pageUrl("AptInsteadOfAptGet"),
  fixable: true,
  *check({ runs }) {
    for (const run of runs) {
      for (const { name, program, verb, command } of run.calls) {
        if (name !== "apt" || !SAME_VERBS.has(verb?.value ?? "")) continue;
        const isPlain = run.isEditable && program.text === "apt";
        const fix = isPlain ? replacement("Use apt-get", run.rangeOf(program), "apt-get") : undefined;
        const message = `apt ${verb?.value}: what apt prints and takes may change from version to version`;
        yield runFinding(run, command, { message, hint: "use apt-get", fix });
      }
    }
  },
};
