import { quote } from "../../text/go-strings.ts";
import type { LintRule } from "../rule.ts";

/** Whole words between underscores. */
const SECRET = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const HARMLESS = /(?:_|^)(?:public|file|version)(?:_|$)/i;

export const secretsUsedInArgOrEnv: LintRule = {
  id: "SecretsUsedInArgOrEnv",
  title: "Sensitive data should not be used in the ARG or ENV commands",
  url: "https://docs.docker.com/go/dockerfile/rule/secrets-used-in-arg-or-env/",
  *check({ flow }) {
    for (const { instruction } of flow.steps) {
      if (instruction.kind !== "arg" && instruction.kind !== "env") continue;
      const { kind, range, comments } = instruction;
      for (const { key } of instruction.pairs) {
        if (!namesSecret(key.text)) continue;
        const where = `${kind.toUpperCase()} ${quote(key.text)}`;
        yield { range, comments, message: `Do not use ARG or ENV instructions for sensitive data (${where})` };
      }
    }
  },
};

export function namesSecret(name: string): boolean {
  return SECRET.test(name) && !HARMLESS.test(name);
}
