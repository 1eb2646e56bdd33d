import { ALL_RULES, type LintRule, TSBUILD_RULES } from "@tsbuild/parser";
import { formatTable } from "../text/table.ts";

/** All rules, as a table or as JSON. */
export function listRules(format: string): string {
  const rules = ALL_RULES.map(describe);
  if (format === "json") return JSON.stringify(rules, null, 2);
  const rows = rules.map(({ id, severity, enabled, fixable, set, title }) => {
    return [id, severity, enabled ? "on" : "off", fixable ? "fix" : "", set, title];
  });
  return formatTable([["RULE", "SEVERITY", "", "", "SET", "ABOUT"], ...rows]);
}

function describe(rule: LintRule) {
  const { id, title, url, severity = "warning", experimental = false, fixable = false } = rule;
  const set = TSBUILD_RULES.includes(rule) ? "tsbuild" : "buildkit";
  return { id, title, severity, enabled: !experimental, fixable, set, ...(url === undefined ? {} : { url }) };
}
