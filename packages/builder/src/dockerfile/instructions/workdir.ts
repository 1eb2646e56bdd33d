import type { WorkdirInstruction } from "@tsbuild/parser";
import type { FileOp } from "../../graph/op.ts";
import { layerStep } from "../history.ts";
import { resolveWorkingDirectory, toSlash } from "../image-paths.ts";
import {
  type Compile,
  commitConfig,
  displayText,
  type StageDraft,
  stepVertex,
  wordExpander,
  workingDirectory,
} from "../stage-draft.ts";

/** WORKDIR: makes the directory, for the user that USER named, unless it is the root. */
export function applyWorkdir(
  instruction: WorkdirInstruction,
  draft: StageDraft,
  compile: Compile,
  triggered: boolean,
): void {
  const { range, source } = instruction;
  const { os } = draft.platform;
  const path = wordExpander(draft, compile, range)(instruction.path.text);
  const WorkingDir = resolveWorkingDirectory(workingDirectory(draft), path, os);
  const directory = toSlash(WorkingDir, os);
  if (directory === "/") {
    commitConfig(draft, "WORKDIR /", { WorkingDir });
    return;
  }
  const text = displayText(source, draft.variables, { escape: compile.escape });
  const inputs = draft.root === undefined ? [] : [draft.root];
  const vertex = stepVertex(draft, compile, mkdirOp(directory, draft), { text, inputs, range, triggered });
  draft.root = vertex;
  draft.config = { ...draft.config, WorkingDir };
  draft.history = [...draft.history, layerStep(`WORKDIR ${directory}`, vertex, { marked: false })];
}

function mkdirOp(path: string, { root, config }: StageDraft): FileOp {
  const owner = config.User === undefined || config.User === "" ? {} : { owner: config.User };
  const base = root === undefined ? { base: -1 as const } : {};
  return { type: "file", ...base, actions: [{ type: "mkdir", path, mode: 0o755, ...owner }] };
}
