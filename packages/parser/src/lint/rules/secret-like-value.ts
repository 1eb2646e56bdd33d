import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { namesSecret } from "./secrets-used-in-arg-or-env.ts";

/** What keys and tokens begin with and how they go on, by who gives them out. */
const SECRETS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["an AWS access key", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{40})/],
  ["a GitLab token", /\bglpat-[\w-]{20}/],
  ["a Slack token", /\bxox[abprs]-[0-9]{6}[\w-]/],
  ["a Stripe key", /\b[rs]k_live_[A-Za-z0-9]{16}/],
  ["a Google API key", /\bAIza[\w-]{35}/],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}/],
  ["a PyPI token", /\bpypi-AgEI[\w-]{20}/],
  ["a Docker Hub token", /\bdckr_[op]at_[\w-]{20}/],
  ["a Hugging Face token", /\bhf_[A-Za-z0-9]{34}/],
  ["an API key", /\bsk-(?:ant-|proj-)[\w-]{20}/],
  ["a JSON web token", /\beyJ[\w-]{10,500}\.eyJ[\w-]{10}/],
  ["a private key", /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----/],
  ["a password in a URL", /\b[a-z][a-z0-9+]{1,20}:\/\/[^\s:/@$"']{1,100}:[^\s/@$"'{}]{3,200}@[\w[]/],
];

export const secretLikeValue: LintRule = {
  id: "SecretLikeValue",
  title: "Keys and tokens should not stand in ARG or ENV",
  url: pageUrl("SecretLikeValue"),
  severity: "error",
  *check({ dockerfile, stages }) {
    const global = stages.length === 0 ? [] : dockerfile.globalArgs;
    for (const instruction of [...global, ...stages.flatMap(({ instructions }) => instructions)]) {
      if (instruction.kind !== "arg" && instruction.kind !== "env") continue;
      for (const { key, value } of instruction.pairs) {
        const found = SECRETS.find(([, pattern]) => pattern.test(value?.text ?? ""));
        // BuildKit's rule has said it already.
        if (found === undefined || namesSecret(key.text)) continue;
        const message = `The value of ${key.text} looks like ${found[0]}: whoever has the image can read it`;
        const hint = "revoke it, and give it to the RUN that needs it with --mount=type=secret";
        yield { range: value?.range ?? key.range, comments: instruction.comments, message, hint };
      }
    }
  },
};
