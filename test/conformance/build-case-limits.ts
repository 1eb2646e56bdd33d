import { existsSync } from "node:fs";
import { posix } from "node:path";
import { externalBases, standInFor } from "./build-case-bases.ts";
import type { BuildCase, CaseStep, Verdict } from "./build-case-format.ts";

/** Something that a case needs and that is not there, and why. */
interface Limit {
  readonly reason: string;
  applies(step: CaseStep, one: BuildCase): boolean;
}

/** Packages come from distributions that no stand-in is, or over a network that a test must not depend on. */
const PACKAGE_MANAGER =
  /\b(?:apk|yum|dnf|microdnf|tdnf|zypper|apt-get|apt|pip3?|npm|gem|composer|install_packages) +(?:-\S+ +)*(?:add|install|update|upgrade|i)\b/;
const INTERNET =
  /\b(?:https?|git):\/\/(?!\{\{HTTP_SERVER\}\})[\w.-]+\.[a-z]{2,}|\bgit@[\w.-]+:|\b(?:wget|curl|ping) [\w.-]+\.(?:com|org|io)\b/;

/** Flags of buildah that mean the same here, or nothing. */
const KNOWN_FLAGS =
  /^--(?:layers|no-cache|format=docker|format=oci|identity-label=false|os=\w+|arch=\w+|annotation=.*|network=\w+)$/;
const KNOWN_ATTRIBUTES =
  /^(?:context|contextsubdir|filename|force-network-mode|add-hosts|build-arg:.*|label:.*|no-cache|cmdline|source|memory|multi-platform)$/;

const KNOWN_OPTIONS: ReadonlySet<string> = new Set([
  ...["build_args", "client_env", "labels", "annotations", "target", "platform", "no_cache", "hostname", "add_hosts"],
  ...["force_network_mode", "ulimit", "cgroup_parent", "named_contexts", "frontend_attrs", "buildah_flags"],
]);

const LIMITS: readonly Limit[] = [
  {
    reason: "an outline or a list of targets: see outline.test.ts",
    applies: ({ expect }) => expect.result === "request",
  },
  {
    reason: "needs packages that no stand-in has",
    applies: ({ dockerfile }) => PACKAGE_MANAGER.test(commandsOf(dockerfile)),
  },
  {
    reason: "needs the internet",
    applies: ({ dockerfile, options }) =>
      INTERNET.test(commandsOf(dockerfile)) || INTERNET.test(JSON.stringify(options.named_contexts ?? {})),
  },
  {
    reason: "copies files of upstream's repository that the case does not have",
    applies: (step, { tool }) => tool !== "buildkit" && step.expect.result === "success" && lacksSources(step),
  },
  {
    reason: "has a flag that only buildah has",
    applies: ({ options }) => (options.buildah_flags ?? []).some((flag) => !KNOWN_FLAGS.test(flag)),
  },
  {
    reason: "has a frontend option that is no part of a build here",
    applies: ({ options }) => Object.keys(options.frontend_attrs ?? {}).some((name) => !KNOWN_ATTRIBUTES.test(name)),
  },
  {
    reason: "has an option that no build here has",
    applies: ({ options }) => Object.keys(options).some((name) => !KNOWN_OPTIONS.has(name)),
  },
  {
    reason: "limits of a process, which the runtime does not set",
    applies: ({ options }) => options.ulimit !== undefined,
  },
  {
    reason: "needs a control group of version 2",
    applies: ({ dockerfile }) => /\/sys\/fs\/cgroup\/[\w.]+/.test(dockerfile ?? "") && !hasUnifiedCgroups,
  },
  {
    reason: "needs a control group that upstream's test prepares",
    applies: ({ options }) => options.cgroup_parent !== undefined,
  },
  { reason: "needs BuildKit's frontend image", applies: (_, { tags }) => tags.includes("needs-syntax-image") },
  {
    reason: "mount options for SELinux: BuildKit refuses them",
    applies: ({ dockerfile, expect }) =>
      expect.result === "success" &&
      /--mount=\S*,(?:[zZ]|relabel=\w+|tmpcopyup|U|bind-propagation=\w+)\b/.test(dockerfile ?? ""),
  },
  {
    reason: "a named context with the name of the target: in BuildKit it takes the target's place",
    applies: ({ dockerfile, options }, { tool }) =>
      tool === "buildah" && Object.keys(options.named_contexts ?? {}).includes(lastStage(dockerfile)),
  },
  {
    reason: "an exporter that takes the epoch back: here it holds for the whole build",
    applies: (step) =>
      (step.export ?? []).some(({ attrs = {} }) => attrs["source-date-epoch"] === "" && "rewrite-timestamp" in attrs),
  },
  {
    reason: "the time of a build's end: here times are those of the inputs",
    applies: ({ asserts }) =>
      asserts.some(({ op, actual }) => op === "not_equal" && actual.select?.includes("Created")),
  },
];

const hasUnifiedCgroups: boolean = existsSync("/sys/fs/cgroup/cgroup.controllers");

/** Cases that are not what upstream's test does, by what its description says. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "build/buildkit/testWildcardRenameCache/1": "upstream renames the file first, which the case does not say",
};

/** Why a case cannot be run on this machine; undefined: it can. */
export function limitOf(one: BuildCase, verdicts: readonly (Verdict | null)[]): string | undefined {
  const exception = EXCEPTIONS[one.id];
  if (exception !== undefined) return exception;
  for (const [index, step] of one.steps.entries()) {
    if (typeof verdicts[index]?.error === "string") continue;
    const limit = LIMITS.find(({ applies }) => applies(step, one));
    if (limit !== undefined) return limit.reason;
  }
  const missing = externalBases(one).find((base) => standInFor(base, one) === undefined);
  return missing === undefined ? undefined : `no image here stands for ${missing}`;
}

/** The text without comments, and without commands that have no network anyway. */
function commandsOf(dockerfile: string | null): string {
  return (dockerfile ?? "").replace(/^\s*#.*$/gm, "").replace(/^\s*RUN --network=none .*$/gim, "");
}

/** The name of the last stage. */
function lastStage(dockerfile: string | null): string {
  const stages = [...(dockerfile ?? "").matchAll(/^\s*FROM\s+\S+(?:\s+AS\s+(\S+))?/gim)];
  return stages.at(-1)?.[1]?.toLowerCase() ?? "";
}

/** Whether COPY or ADD takes something from the context that is not in it, not even hidden by an ignore file. */
function lacksSources({ dockerfile, context }: CaseStep): boolean {
  const paths = context.map(({ path }) => path);
  const has = (source: string): boolean => {
    if (/^\w+:|^git@|[$"'{]/.test(source)) return true;
    const names = posix
      .normalize(`/${source}`)
      .split("/")
      .filter((name) => name !== "");
    const wild = names.findIndex((name) => /[*?[]/.test(name));
    const known = (wild < 0 ? names : names.slice(0, wild)).join("/");
    return known === "" || paths.some((path) => path === known || path.startsWith(`${known}/`));
  };
  for (const [, words = ""] of commandsOf(dockerfile).matchAll(/^\s*(?:COPY|ADD)\s+(.*)$/gim)) {
    if (/--from=|<<|^\[|\\$/.test(words)) continue;
    const sources = words
      .trim()
      .split(/\s+/)
      .filter((word) => !word.startsWith("--"))
      .slice(0, -1);
    if (!sources.every(has)) return true;
  }
  return false;
}
