import type { Dockerfile, Instruction, Stage } from "../../ast.ts";
import { type Expansion, type ExpansionError, expand, expandWords } from "../../expand.ts";
import { parsePortSpec } from "../../flags/parse-ports.ts";
import { parseGitReference } from "../../git-reference.ts";
import { suggest } from "../../text/suggest.ts";
import { expandedWords } from "./expanded-words.ts";
import type { StepFlow } from "./flow.ts";
import type { GlobalScope } from "./global-scope.ts";

/** What a stage hands on to the stages on top of it. */
export interface StageState {
  readonly env: ReadonlyMap<string, string>;
  /** Whether nothing is missing in `env`. */
  readonly isEnvKnown: boolean;
  readonly declaredArgs: ReadonlySet<string>;
  readonly hasWorkdir: boolean;
  readonly hasShell: boolean;
  readonly os: string;
  /** ONBUILD instructions, which run first in a stage on top. */
  readonly triggers: readonly Instruction[];
}

export interface StageContext {
  readonly dockerfile: Dockerfile;
  readonly scope: GlobalScope;
  readonly buildArgs: Readonly<Record<string, string>>;
}

interface StageResult {
  readonly state: StageState;
  readonly steps: readonly StepFlow[];
  /** Whether an instruction cannot be expanded: then nothing behind it is known. */
  readonly failed: boolean;
}

type Draft = { -readonly [Key in keyof StageState]: StageState[Key] } & {
  env: Map<string, string>;
  declaredArgs: Set<string>;
  triggers: Instruction[];
};

/** BuildKit keeps these for itself. */
const INTERNAL_ARGS: ReadonlySet<string> = new Set(["BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"]);

export function runStage(stage: Stage, start: StageState, context: StageContext): StageResult {
  const draft: Draft = { ...start, env: new Map(start.env), declaredArgs: new Set(start.declaredArgs), triggers: [] };
  const steps: StepFlow[] = [];
  for (const trigger of start.triggers) runStep(trigger, draft, context);
  for (const instruction of stage.instructions) {
    const step = runStep(instruction, draft, context);
    if (step === undefined) return { state: draft, steps, failed: true };
    steps.push(step);
  }
  return { state: draft, steps, failed: false };
}

/** Expands one instruction and takes in what it sets; undefined where it cannot be expanded. */
function runStep(instruction: Instruction, draft: Draft, context: StageContext): StepFlow | undefined {
  const step = {
    instruction,
    undefinedVars: [],
    workdir: undefined,
    contextSources: [],
    ports: [],
    hasShell: draft.hasShell,
  };
  if (instruction.kind === "arg") return runArg(instruction, step, { draft, context });
  const lookup = lookupIn(draft.env);
  const results = expandedWords(instruction).map(({ text, mode }) => {
    return expand(text, lookup, { mode, escape: context.dockerfile.escape });
  });
  const texts = textsOf(results);
  if (texts === undefined) return undefined;
  const undefinedVars = undefinedIn(results, draft);
  const ports = portsOf(instruction, lookup, context.dockerfile.escape);
  if (ports === undefined) return undefined;
  const details = { ...step, undefinedVars, ports, contextSources: contextSources(instruction, texts) };
  const workdir = workdirOf(instruction, texts, draft);
  apply(instruction, texts, draft);
  return { ...details, workdir };
}

function lookupIn(env: ReadonlyMap<string, string>): (name: string) => string | undefined {
  return (name) => env.get(name);
}

function textsOf(results: readonly (Expansion | ExpansionError)[]): string[] | undefined {
  const texts: string[] = [];
  for (const result of results) {
    if ("error" in result) return undefined;
    texts.push(result.text);
  }
  return texts;
}

function undefinedIn(results: readonly (Expansion | ExpansionError)[], draft: Draft): StepFlow["undefinedVars"] {
  if (!draft.isEnvKnown) return [];
  return results
    .flatMap((result) => ("error" in result ? [] : result.unmatched))
    .filter((name) => !draft.declaredArgs.has(name) && !INTERNAL_ARGS.has(name))
    .map((name) => ({ name, suggestion: suggest(name, draft.env.keys()) }));
}

type ArgInstruction = Extract<Instruction, { kind: "arg" }>;

/** Each ARG of a line sees those in front of it. A bare ARG takes the global value; a build argument beats the default. */
function runArg(
  instruction: ArgInstruction,
  step: StepFlow,
  { draft, context }: { draft: Draft; context: StageContext },
): StepFlow | undefined {
  const undefinedVars = [...step.undefinedVars];
  for (const { key, value } of instruction.pairs) {
    const name = key.text;
    const given = context.buildArgs[name];
    const inherited = value === undefined ? context.scope.env.get(name) : undefined;
    let found = given ?? inherited;
    if (given === undefined && value !== undefined) {
      const result = expand(value.text, lookupIn(draft.env), { escape: context.dockerfile.escape });
      if ("error" in result) return undefined;
      undefinedVars.push(...undefinedIn([result], draft));
      found = result.text;
    }
    if (found !== undefined && !INTERNAL_ARGS.has(name)) draft.env.set(name, found);
    draft.declaredArgs.add(name);
  }
  return { ...step, undefinedVars };
}

/** Takes in what the instruction leaves for the next. */
function apply(instruction: Instruction, texts: readonly string[], draft: Draft): void {
  if (instruction.kind === "env") {
    for (let at = 0; at + 1 < texts.length; at += 2) draft.env.set(texts[at] ?? "", texts[at + 1] ?? "");
  } else if (instruction.kind === "workdir") draft.hasWorkdir = true;
  else if (instruction.kind === "shell") draft.hasShell = true;
  else if (instruction.kind === "onbuild" && instruction.instruction !== undefined) {
    draft.triggers.push(instruction.instruction);
  }
}

function workdirOf(instruction: Instruction, [path = ""]: readonly string[], draft: Draft): StepFlow["workdir"] {
  if (instruction.kind !== "workdir") return undefined;
  const isAbsolute = draft.os === "windows" ? /^(?:[a-zA-Z]:)?[\\/]/.test(path) : path.startsWith("/");
  return { path, isAbsolute, isFirst: !draft.hasWorkdir };
}

function contextSources(instruction: Instruction, texts: readonly string[]): string[] {
  if (instruction.kind !== "copy" && instruction.kind !== "add") return [];
  if (instruction.from !== undefined && instruction.from !== "") return [];
  const count = instruction.sources.filter((source) => "text" in source).length;
  const sources = texts.slice(0, count);
  return instruction.kind === "copy" ? sources : sources.filter((source) => !isRemote(source));
}

function isRemote(source: string): boolean {
  return /^https?:\/\//.test(source) || parseGitReference(source) !== undefined;
}

/** Undefined where an argument is no port. */
function portsOf(
  instruction: Instruction,
  lookup: (name: string) => string | undefined,
  token: "\\" | "`",
): StepFlow["ports"] | undefined {
  if (instruction.kind !== "expose") return [];
  const ports: { text: string; spec: StepFlow["ports"][number]["spec"] }[] = [];
  for (const word of instruction.ports.map(({ text }) => text).sort()) {
    const result = expandWords(word, lookup, { escape: token });
    if ("error" in result) return undefined;
    for (const text of result.words) {
      const spec = parsePortSpec(text);
      if ("error" in spec) return undefined;
      ports.push({ text, spec });
    }
  }
  return ports;
}
