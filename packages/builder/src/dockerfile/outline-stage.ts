import { type ArgInstruction, type EnvInstruction, expand, parseMountFlag, type RunInstruction } from "@tsbuild/parser";
import { isInEnvironment } from "./arguments.ts";
import { type ArgumentUse, argumentOf } from "./outline-arguments.ts";
import type { OutlineSecret } from "./outline-shape.ts";
import { locationOf } from "./source-location.ts";
import type { PlannedStage } from "./stages.ts";
import { expandForDisplay, type Variables } from "./words.ts";

/** What a stage uses, with the stages below it. */
export interface StageUses {
  readonly args: ReadonlyMap<string, ArgumentUse>;
  readonly used: ReadonlySet<string>;
  readonly secrets: ReadonlyMap<string, OutlineSecret>;
  readonly ssh: ReadonlyMap<string, OutlineSecret>;
  readonly variables: Variables;
}

export interface StageScope {
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly escape: "\\" | "`";
  /** What FROM lines see. */
  readonly globals: Variables;
}

/** The same, while the stage is read. */
interface Draft {
  readonly args: Map<string, ArgumentUse>;
  readonly used: Set<string>;
  readonly secrets: Map<string, OutlineSecret>;
  readonly ssh: Map<string, OutlineSecret>;
  readonly variables: Map<string, string>;
}

/** Adds what a stage uses to what those below it use. */
export function readStageUses(stage: PlannedStage, below: StageUses, scope: StageScope): StageUses {
  const draft: Draft = {
    args: new Map(below.args),
    used: new Set(below.used),
    secrets: new Map(below.secrets),
    ssh: new Map(below.ssh),
    variables: new Map(below.variables),
  };
  for (const { instruction } of stage.commands) {
    if (instruction.kind === "env") takeEnv(instruction, draft, scope);
    else if (instruction.kind === "arg") takeArg(instruction, draft, scope);
    else if (instruction.kind === "run") takeMounts(instruction, draft, scope);
  }
  return draft;
}

/** All pairs see the variables as they were above. */
function takeEnv({ pairs }: EnvInstruction, { variables }: Draft, scope: StageScope): void {
  const set = pairs.map(({ key, value }) => [key.text, value?.text ?? ""].map((text) => fill(text, variables, scope)));
  for (const [name = "", value = ""] of set) variables.set(name, value);
}

function takeArg(instruction: ArgInstruction, { args, used, variables }: Draft, scope: StageScope): void {
  for (const { key, value } of instruction.pairs) {
    const name = key.text;
    const own = value === undefined ? undefined : fill(value.text, variables, scope);
    const given = Object.hasOwn(scope.buildArgs, name) ? scope.buildArgs[name] : own;
    const found = given ?? scope.globals.get(name);
    if (found !== undefined && isInEnvironment(name)) variables.set(name, found);
    used.add(name);
    // A bare ARG that takes a global value is a use of the global one.
    const isGlobal = given === undefined && found !== undefined;
    if (!isGlobal) args.set(name, { argument: argumentOf(instruction, name, given), dependencies: new Set() });
  }
}

function takeMounts({ mounts, range }: RunInstruction, draft: Draft, scope: StageScope): void {
  const location = locationOf(range);
  for (const text of mounts) {
    const mount = parseMountFlag(text, (word) =>
      expand(word, (name) => draft.variables.get(name), { escape: scope.escape }),
    );
    if ("error" in mount || (mount.type !== "secret" && mount.type !== "ssh")) continue;
    const { type, id, source, target, required } = mount;
    const fallback = type === "ssh" ? "default" : target.slice(target.lastIndexOf("/") + 1);
    const name = (type === "secret" ? source : "") || id || fallback;
    const uses = type === "ssh" ? draft.ssh : draft.secrets;
    if (!uses.has(name)) uses.set(name, { name, ...(required ? { required } : {}), location });
  }
}

function fill(text: string, variables: Variables, { escape: escapeToken }: StageScope): string {
  return expandForDisplay(text, variables, { escape: escapeToken });
}
