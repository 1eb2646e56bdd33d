import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { runFinding } from "../run-finding.ts";

export const cdInsteadOfWorkdir: LintRule = {
  id: "CdInsteadOfWorkdir",
  title: "WORKDIR says better than cd where a RUN works",
  url: pageUrl("CdInsteadOfWorkdir"),
  severity: "info",
  *check({ runs }) {
    for (const run of runs) {
      const [first, ...rest] = run.calls;
      const [folder] = first?.args ?? [];
      const isFirst = first?.command === run.commands[0] && first?.command.depth === 0 && first.command.after !== "||";
      // Only where the whole RUN works in that one folder.
      if (
        first?.name !== "cd" ||
        !isFirst ||
        rest.length === 0 ||
        rest.some(({ name }) => /^(?:cd|pushd|popd)$/.test(name))
      )
        continue;
      if (folder === undefined || !folder.isLiteral || !folder.value.startsWith("/")) continue;
      const message = `This RUN works in ${folder.value}, which no instruction says`;
      yield runFinding(run, first.command, { message, hint: `write WORKDIR ${folder.value} above it` });
    }
  },
};
