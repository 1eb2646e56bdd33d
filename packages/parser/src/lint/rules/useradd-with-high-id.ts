import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { insertBehind, runFinding } from "../run-finding.ts";
import { hasOption } from "../shell-script/program-call.ts";

/** From here on the log file that useradd writes, with a place for each id below, is large. */
const HIGH_ID = 100_000;

export const useraddWithHighId: LintRule = {
  id: "UseraddWithHighId",
  title: "useradd with a high id should be told to keep no login log",
  url: pageUrl("UseraddWithHighId"),
  fixable: true,
  *check({ runs }) {
    for (const run of runs) {
      for (const call of run.calls) {
        const { name, args, program, command } = call;
        if (name !== "useradd" || hasOption(call, "-l", "--no-log-init")) continue;
        const at = args.findIndex(({ value }) => /^(?:-\w*u|--uid)$/.test(value));
        const id = Number(at < 0 ? 0 : args[at + 1]?.value);
        if (!(id >= HIGH_ID)) continue;
        const fix = insertBehind(run, program, { title: "Add --no-log-init", text: " --no-log-init" });
        const message = `useradd makes a login log with a place for each of ${id} users: the layer may grow by gigabytes`;
        yield runFinding(run, command, { message, hint: "add --no-log-init", fix });
      }
    }
  },
};
