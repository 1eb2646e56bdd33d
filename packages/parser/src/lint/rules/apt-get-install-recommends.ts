import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { insertBehind, runFinding } from "../run-finding.ts";
import { hasOption } from "../shell-script/program-call.ts";

export const aptGetInstallRecommends: LintRule = {
  id: "AptGetInstallRecommends",
  title: "apt-get install should be told not to install recommended packages",
  url: pageUrl("AptGetInstallRecommends"),
  severity: "info",
  fixable: true,
  *check({ runs, tree }) {
    // Said once in apt's configuration, it holds for all that follows.
    if (runs.some(({ text }) => /APT::Install-Recommends/i.test(text))) return;
    for (const run of runs.filter(({ stage }) => tree.shipped.includes(stage))) {
      for (const call of run.calls) {
        const { name, verb, command } = call;
        if (!/^apt(?:-get)?$/.test(name) || verb?.value !== "install") continue;
        if (hasOption(call, "--no-install-recommends", "--install-recommends", "--download-only")) continue;
        const inserted = { title: "Add --no-install-recommends", text: " --no-install-recommends" };
        const fix = insertBehind(run, verb, inserted);
        const message = `${name} install takes recommended packages in as well`;
        const hint = "add --no-install-recommends, and name what is missing then";
        yield runFinding(run, command, { message, hint, fix: fix && { ...fix, unsafe: true } });
      }
    }
  },
};
