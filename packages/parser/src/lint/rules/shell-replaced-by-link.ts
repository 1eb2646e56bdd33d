import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { runFinding } from "../run-finding.ts";

export const shellReplacedByLink: LintRule = {
  id: "ShellReplacedByLink",
  title: "SHELL says which shell RUN uses; /bin/sh should stay what it is",
  url: pageUrl("ShellReplacedByLink"),
  *check({ runs }) {
    for (const run of runs) {
      for (const { name, args, command } of run.calls) {
        if (name !== "ln" || args.at(-1)?.value !== "/bin/sh" || !/bash$/.test(args.at(-2)?.value ?? "")) continue;
        const message = "/bin/sh becomes bash for every program in the image";
        yield runFinding(run, command, { message, hint: 'write SHELL ["/bin/bash", "-c"]' });
      }
    }
  },
};
