import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { runFinding } from "../run-finding.ts";

/** What can stand beside an update and installs nothing. */
const INSTALLS_NOTHING: ReadonlySet<string> = new Set(
  "apt-get apt set echo printf export dpkg rm sed true mkdir cat tee apt-key gpg add-apt-repository".split(" "),
);
const PREPARES: ReadonlySet<string> = new Set(["update", "clean", "autoclean", "autoremove"]);

export const aptGetUpdateAlone: LintRule = {
  id: "AptGetUpdateAlone",
  title: "apt-get update should stand in the RUN that installs",
  url: pageUrl("AptGetUpdateAlone"),
  *check({ runs }) {
    for (const run of runs) {
      const update = run.calls.find(({ name, verb }) => /^apt(?:-get)?$/.test(name) && verb?.value === "update");
      const isAlone = run.calls.every(({ name, verb }) => {
        return (
          INSTALLS_NOTHING.has(name) &&
          (!name.startsWith("apt") || name === "apt-key" || PREPARES.has(verb?.value ?? ""))
        );
      });
      if (update === undefined || !isAlone) continue;
      const message = "apt-get update alone in its RUN: from the cache its lists are old, and packages in them gone";
      const hint = "write apt-get update && apt-get install in one RUN";
      yield runFinding(run, update.command, { message, hint });
    }
  },
};
