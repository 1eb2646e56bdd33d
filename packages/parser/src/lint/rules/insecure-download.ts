import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { runFinding } from "../run-finding.ts";
import { hasOption } from "../shell-script/program-call.ts";

/** Options that switch off the check of who one talks to, or of who has signed. */
const UNCHECKED: Readonly<Record<string, readonly string[]>> = {
  curl: ["-k", "--insecure"],
  wget: ["--no-check-certificate"],
  "apt-get": ["--allow-unauthenticated", "--force-yes"],
  apt: ["--allow-unauthenticated", "--force-yes"],
  apk: ["--allow-untrusted"],
  dnf: ["--nogpgcheck"],
  yum: ["--nogpgcheck"],
  zypper: ["--no-gpg-checks"],
  pip: ["--trusted-host"],
};

export const insecureDownload: LintRule = {
  id: "InsecureDownload",
  title: "What is fetched should be checked: certificates and signatures",
  url: pageUrl("InsecureDownload"),
  *check({ runs }) {
    for (const run of runs) {
      for (const call of run.calls) {
        const options = Object.hasOwn(UNCHECKED, call.name) ? (UNCHECKED[call.name] ?? []) : [];
        const option = options.find((candidate) => hasOption(call, candidate));
        if (option === undefined) continue;
        const message = `${call.name} ${option} takes from anybody what ends up in the image`;
        const hint = `drop ${option}, and install the certificate or key that is missing`;
        yield runFinding(run, call.command, { message, hint });
      }
    }
  },
};
