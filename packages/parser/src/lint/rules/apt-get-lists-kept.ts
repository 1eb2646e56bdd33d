import { pageUrl } from "../page-url.ts";
import { removesFiles } from "../removes-files.ts";
import type { LintRule } from "../rule.ts";
import { appendCommand, runFinding } from "../run-finding.ts";

/** Braces may hold anything. */
const LISTS = /\/var\/(?:lib\/?)?(?:$|\*|\{)|\/var\/lib\/apt/;

export const aptGetListsKept: LintRule = {
  id: "AptGetListsKept",
  title: "The package lists of apt-get should be removed in the RUN that fetches them",
  url: pageUrl("AptGetListsKept"),
  severity: "info",
  fixable: true,
  *check({ runs, tree }) {
    for (const run of runs.filter(({ stage }) => tree.shipped.includes(stage))) {
      const update = run.calls.find(({ name, verb }) => /^apt(?:-get)?$/.test(name) && verb?.value === "update");
      const installs = run.calls.some(({ name, verb }) => /^apt(?:-get)?$/.test(name) && verb?.value === "install");
      const cleans = run.calls.some(({ verb }) => /^dist-?clean$/.test(verb?.value ?? ""));
      if (update === undefined || !installs || cleans || removesFiles(run, LISTS)) continue;
      const fix = appendCommand(run, "rm -rf /var/lib/apt/lists/*");
      const message = "The lists that apt-get update fetches stay in the layer";
      const hint = "end the RUN with && rm -rf /var/lib/apt/lists/*; removed later, they are in the image all the same";
      // A later install without an update of its own would miss them.
      yield runFinding(run, update.command, { message, hint, fix: fix && { ...fix, unsafe: true } });
    }
  },
};
