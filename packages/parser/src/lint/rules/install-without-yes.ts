import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { insertBehind, runFinding } from "../run-finding.ts";
import { hasOption, type ProgramCall } from "../shell-script/program-call.ts";

interface Manager {
  readonly verbs: readonly string[];
  /** Each of these answers the question. */
  readonly options: readonly string[];
}

const APT: Manager = {
  verbs: ["install", "upgrade", "dist-upgrade", "full-upgrade", "remove", "purge", "autoremove", "build-dep"],
  options: ["-y", "--yes", "--assume-yes", "--force-yes", "-qq", "-s", "-d", "--download-only", "--print-uris"],
};
const RPM: Manager = {
  verbs: ["install", "upgrade", "update", "remove", "groupinstall", "reinstall", "localinstall"],
  options: ["-y", "--assumeyes", "--nodocs=yes", "--downloadonly"],
};
const MANAGERS: Readonly<Record<string, Manager>> = { "apt-get": APT, apt: APT, yum: RPM, dnf: RPM };

export const installWithoutYes: LintRule = {
  id: "InstallWithoutYes",
  title: "A package manager should be told not to ask",
  url: pageUrl("InstallWithoutYes"),
  fixable: true,
  *check({ runs }) {
    // Said once in the manager's configuration, it holds for all that follows.
    if (runs.some(({ text }) => /assume-?yes/i.test(text))) return;
    for (const run of runs) {
      for (const call of run.calls) {
        const { name, verb, command } = call;
        const manager = Object.hasOwn(MANAGERS, name) ? MANAGERS[name] : undefined;
        if (manager === undefined || verb === undefined || !manager.verbs.includes(verb.value)) continue;
        if (hasOption(call, ...manager.options) || isQuiet(call) || isAnswered(call)) continue;
        const fix = insertBehind(run, verb, { title: "Add -y", text: " -y" });
        const message = `${name} ${verb.value} asks before it goes on, and in a build nobody answers`;
        yield runFinding(run, command, { message, hint: "add -y", fix });
      }
    }
  },
};

/** `-q=2` and two times `-q` imply yes for apt-get. */
function isQuiet({ name, args }: ProgramCall): boolean {
  const quiet = args.filter(({ value }) => /^-\w*q\w*$/.test(value)).length;
  return name.startsWith("apt") && (quiet > 1 || args.some(({ value }) => /^-\w*q=2$/.test(value)));
}

/** By `yes |`, or by what a variable brings. */
function isAnswered({ command, args }: ProgramCall): boolean {
  return command.pipedFrom !== undefined || args.some(({ value }) => value.startsWith("$"));
}
