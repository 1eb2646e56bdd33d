import { pageUrl } from "../page-url.ts";
import { removesFiles } from "../removes-files.ts";
import type { LintFacts, LintRule } from "../rule.ts";
import { appendCommand, insertBehind, runFinding } from "../run-finding.ts";
import { hasOption, type ProgramCall } from "../shell-script/program-call.ts";
import type { RunScript } from "../shell-script/run-script.ts";

/** How a package manager keeps what it has fetched. */
interface Manager {
  readonly verbs: RegExp;
  /** Where: removed, or mounted there, it is in no layer. */
  readonly cache: RegExp;
  /** A flag behind the verb that keeps nothing. */
  readonly flag?: string;
  /** A command that removes the cache, for those without such a flag. */
  readonly clean?: string;
  /** A variable that switches the cache off. */
  readonly variable?: string;
}

const RPM_CACHE = /\/var\/cache/;
const MANAGERS: Readonly<Record<string, Manager>> = {
  apk: { verbs: /^add$/, cache: /\/var\/cache|\/etc\/apk\/cache/, flag: "--no-cache" },
  pip: { verbs: /^install$/, cache: /\.cache|\/pip|PIP_CACHE/, flag: "--no-cache-dir", variable: "PIP_NO_CACHE_DIR" },
  npm: { verbs: /^(?:ci|install|i)$/, cache: /\.npm|\.cache|\/tmp/, clean: "npm cache clean --force" },
  yarn: { verbs: /^install$/, cache: /yarn|\.cache/i, clean: "yarn cache clean" },
  dnf: { verbs: /^(?:install|update|upgrade)$/, cache: RPM_CACHE, clean: "dnf clean all" },
  microdnf: { verbs: /^(?:install|update|upgrade)$/, cache: RPM_CACHE, clean: "microdnf clean all" },
  yum: { verbs: /^(?:install|update|upgrade)$/, cache: RPM_CACHE, clean: "yum clean all" },
  zypper: { verbs: /^(?:install|in|update|up)$/, cache: RPM_CACHE, clean: "zypper clean --all" },
};

export const packageCacheKept: LintRule = {
  id: "PackageCacheKept",
  title: "What a package manager has fetched should not stay in a layer",
  url: pageUrl("PackageCacheKept"),
  severity: "info",
  fixable: true,
  *check(facts) {
    const variables = new Set(facts.tree.shipped.flatMap(({ instructions }) => instructions.flatMap(namesOf)));
    for (const run of facts.runs.filter(({ stage }) => facts.tree.shipped.includes(stage))) {
      const call = run.calls.find((candidate) => keepsCache(run, candidate, variables));
      if (call?.verb === undefined) continue;
      const { flag = "", clean = "" } = managerOf(call) ?? {};
      const insertion = { title: `Add ${flag}`, text: ` ${flag}` };
      const fix = flag === "" ? appendCommand(run, clean) : insertBehind(run, call.verb, insertion);
      const message = `The cache of ${call.name} ${call.verb.value} stays in the layer`;
      const how = flag === "" ? `end the RUN with && ${clean}` : `add ${flag}`;
      const hint = `${how}, or mount a cache there with --mount=type=cache`;
      yield runFinding(run, call.command, { message, hint, fix });
    }
  },
};

function managerOf({ name }: ProgramCall): Manager | undefined {
  return Object.hasOwn(MANAGERS, name) ? MANAGERS[name] : undefined;
}

function keepsCache(run: RunScript, call: ProgramCall, variables: ReadonlySet<string>): boolean {
  const manager = managerOf(call);
  if (manager === undefined || call.verb === undefined || !manager.verbs.test(call.verb.value)) return false;
  const { flag = "", variable = "", cache } = manager;
  if ((flag !== "" && hasOption(call, flag)) || variables.has(variable)) return false;
  if (variable !== "" && run.text.includes(variable)) return false;
  if (call.args.some(({ value }) => value.startsWith("$")) || cleans(run, call.name)) return false;
  return !removesFiles(run, cache);
}

/** `npm cache clean`, `dnf clean all`, `pip cache purge`. */
function cleans({ calls }: RunScript, name: string): boolean {
  return calls.some((call) => {
    const words = [call.verb?.value, call.operands[0]?.value];
    return (
      (call.name === name || /^(?:yum|dnf|microdnf)$/.test(call.name)) &&
      words.some((word) => word === "clean" || word === "purge")
    );
  });
}

function namesOf(instruction: LintFacts["stages"][number]["instructions"][number]): string[] {
  return instruction.kind === "env" || instruction.kind === "arg" ? instruction.pairs.map(({ key }) => key.text) : [];
}
