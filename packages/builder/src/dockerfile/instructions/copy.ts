import type { CopyInstruction } from "@tsbuild/parser";
import type { FileAction, Op, Vertex } from "../../graph/op.ts";
import { contextVertex } from "../base-image.ts";
import { checkChecksum } from "../checksum.ts";
import { mistake } from "../dockerfile-error.ts";
import { layerStep } from "../history.ts";
import { displayText, filesOf, type Inputs, inputsOn, type StageDraft, stepVertex } from "../stage-draft.ts";
import type { Command } from "../stages.ts";
import { checkMode } from "./copy-mode.ts";
import { sourceActions } from "./copy-sources.ts";
import { type ExpandedCopy, expandCopy, ownership } from "./expanded-copy.ts";
import type { InstructionScope } from "./scope.ts";

/** COPY and ADD: one layer with all that the instruction names. */
export function applyCopy(
  instruction: CopyInstruction,
  command: Command,
  draft: StageDraft,
  scope: InstructionScope,
): void {
  const copy = expandCopy(instruction, draft, scope);
  checkMode(copy);
  checkChecksum(copy);
  const { compile } = scope;
  const text = displayText(instruction.source, draft.variables, { escape: compile.escape });
  const { range } = instruction;
  const { triggered } = command;
  const isLinked = instruction.link && copy.mode === "" && draft.root !== undefined;
  const inputs = inputsOn(isLinked ? undefined : draft.root);
  const actions = actionsOf(copy, command, inputs, { draft, scope, text });
  const op: Op = { type: "file", ...(isLinked || draft.root === undefined ? { base: -1 as const } : {}), actions };
  const files = stepVertex(draft, compile, op, { text, inputs: inputs.all(), range, triggered });
  const vertex =
    isLinked && draft.root !== undefined ? linkOn(draft.root, files, draft, { command, scope, text }) : files;
  draft.root = vertex;
  draft.history = [...draft.history, layerStep(historyText(copy), vertex)];
}

interface ActionPlace {
  readonly draft: StageDraft;
  readonly scope: InstructionScope;
  /** For the names of what is fetched. */
  readonly text: string;
}

function actionsOf(copy: ExpandedCopy, command: Command, inputs: Inputs, place: ActionPlace): readonly FileAction[] {
  const { draft, scope } = place;
  const from = (): Vertex | undefined => copySource(copy, command, draft, scope);
  const copied = copy.sources.flatMap((source) => sourceActions(source, copy, inputs, { ...place, from }));
  const { destination } = copy;
  const written = copy.documents.map(
    ({ name, content }): FileAction => ({ type: "mkfile", name, destination, content, ...ownership(copy) }),
  );
  return [...copied, ...written];
}

function copySource(
  { instruction }: ExpandedCopy,
  { sources }: Command,
  draft: StageDraft,
  { compile, drafts }: InstructionScope,
): Vertex | undefined {
  const [stage] = sources;
  if (stage === undefined) return contextVertex("context", compile);
  const source = drafts.get(stage);
  if (source !== undefined) return filesOf(source);
  const label = draft.plan.label;
  const message = `cannot copy from stage "${instruction.from}", it needs to be defined before current stage "${label}"`;
  throw mistake(message, instruction.range, {
    code: "STAGE_ORDER",
    hint: `move the stage "${instruction.from}" in front of "${label}"`,
  });
}

/** COPY --link: a layer that knows nothing of what is below it, put on top. */
function linkOn(
  root: Vertex,
  files: Vertex,
  draft: StageDraft,
  { command, scope, text }: { command: Command; scope: InstructionScope; text: string },
): Vertex {
  const { range } = command.instruction;
  const step = { text: `LINK ${text}`, inputs: [root, files], range, triggered: command.triggered, sameStep: true };
  return stepVertex(draft, scope.compile, { type: "merge" }, step);
}

/** Neither `--from` nor `--link` stands in the history. */
function historyText({ instruction, sources, documents, owner, mode, writtenDestination }: ExpandedCopy): string {
  const words = [
    instruction.kind.toUpperCase(),
    ...(instruction.parents ? ["--parents"] : []),
    ...(owner === "" ? [] : [`--chown=${owner}`]),
    ...(mode === "" ? [] : [`--chmod=${mode}`]),
    ...sources,
    ...documents.map(({ name }) => `<<${name}`),
    writtenDestination,
  ];
  return words.join(" ");
}
