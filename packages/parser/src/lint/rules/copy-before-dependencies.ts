import type { CopyInstruction, Instruction, Stage } from "../../ast.ts";
import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { hasOption, type ProgramCall } from "../shell-script/program-call.ts";

export const copyBeforeDependencies: LintRule = {
  id: "CopyBeforeDependencies",
  title: "Dependencies should be installed before the sources are copied",
  url: pageUrl("CopyBeforeDependencies"),
  severity: "info",
  *check({ stages, runs }) {
    const installs = new Map<Stage, Install>();
    for (const run of runs) {
      const call = run.calls.find((candidate) => manifestOf(candidate) !== undefined);
      const line = run.instruction.range.start.line;
      if (call !== undefined && !installs.has(run.stage)) installs.set(run.stage, { call, line });
    }
    for (const stage of stages) {
      const copy = stage.instructions.find(copiesContext);
      const first = installs.get(stage);
      // An install in front of the COPY shows that somebody thought of it.
      if (copy === undefined || first === undefined || first.line < copy.range.start.line) continue;
      const { name, verb } = first.call;
      const command = verb === undefined ? name : `${name} ${verb.value}`;
      const message = `Each change of any file runs ${command} again: the whole context is copied before it`;
      const hint = `copy ${manifestOf(first.call)} first, install, and copy the rest below`;
      yield { range: copy.range, comments: copy.comments, message, hint };
    }
  },
};

/** The first of a stage that installs dependencies. */
interface Install {
  readonly call: ProgramCall;
  readonly line: number;
}

function copiesContext(instruction: Instruction): instruction is CopyInstruction {
  if (instruction.kind !== "copy" && instruction.kind !== "add") return false;
  const { from, sources } = instruction;
  return (
    from === undefined && sources.some((source) => "text" in source && /^(?:\.\/?|\/|\.?\/?\*)$/.test(source.text))
  );
}

/** Calls without operands that install what a manifest names. */
const MANIFESTS: Readonly<Record<string, readonly [verbs: RegExp, files: string]>> = {
  npm: [/^(?:ci|install|i|clean-install)$/, "package.json and package-lock.json"],
  yarn: [/^(?:install)?$/, "package.json and yarn.lock"],
  pnpm: [/^(?:install|i)$/, "package.json and pnpm-lock.yaml"],
  bundle: [/^install$/, "Gemfile and Gemfile.lock"],
};

/** The files that name what a call installs; undefined for calls that install nothing, or need the sources for it. */
function manifestOf(call: ProgramCall): string | undefined {
  const { name, verb, operands } = call;
  const word = verb?.value ?? "";
  if (name === "go") return word === "mod" && operands[0]?.value === "download" ? "go.mod and go.sum" : undefined;
  if (name === "pip") return word === "install" ? requirementsOf(call) : undefined;
  const [verbs, files] = (Object.hasOwn(MANIFESTS, name) ? MANIFESTS[name] : undefined) ?? [];
  const isBare = operands.length === 0 && !hasOption(call, "-g", "--global", "--version");
  return isBare && verbs?.test(word) ? files : undefined;
}

/** Of `pip install -r FILE` without anything else: `pip install .` needs the sources. */
function requirementsOf({ args, operands }: ProgramCall): string | undefined {
  const at = args.findIndex(({ value }) => value === "-r" || value === "--requirement");
  return at < 0 || operands.length > 0 || args.some(({ value }) => /^(?:-e|--editable)/.test(value))
    ? undefined
    : args[at + 1]?.value;
}
