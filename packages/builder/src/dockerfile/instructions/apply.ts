import type { StageDraft } from "../stage-draft.ts";
import type { Command } from "../stages.ts";
import { applyCmd, applyEntrypoint, applyHealthcheck, applyShell } from "./command.ts";
import { applyCopy } from "./copy.ts";
import { applyArg, applyEnv } from "./env.ts";
import { applyExpose } from "./expose.ts";
import { applyLabel, applyMaintainer, applyOnbuild, applyStopsignal, applyUser, applyVolume } from "./metadata.ts";
import { applyRun } from "./run.ts";
import type { InstructionScope } from "./scope.ts";
import { applyWorkdir } from "./workdir.ts";

/**
 * What one instruction does to its stage.
 * @throws DockerfileError
 */
export function applyInstruction(command: Command, draft: StageDraft, scope: InstructionScope): void {
  const { instruction } = command;
  const { compile } = scope;
  switch (instruction.kind) {
    case "arg":
      applyArg(instruction, draft, compile);
      break;
    case "env":
      applyEnv(instruction, draft, compile);
      break;
    case "label":
      applyLabel(instruction, draft, compile);
      break;
    case "run":
      applyRun(instruction, command, draft, scope);
      break;
    case "copy":
    case "add":
      applyCopy(instruction, command, draft, scope);
      break;
    case "workdir":
      applyWorkdir(instruction, draft, compile, command.triggered);
      break;
    case "user":
      applyUser(instruction, draft, compile);
      break;
    case "cmd":
      applyCmd(instruction, draft);
      break;
    case "entrypoint":
      applyEntrypoint(instruction, draft);
      break;
    case "healthcheck":
      applyHealthcheck(instruction, draft);
      break;
    case "expose":
      applyExpose(instruction, draft, compile);
      break;
    case "volume":
      applyVolume(instruction, draft, compile);
      break;
    case "stopsignal":
      applyStopsignal(instruction, draft, compile);
      break;
    case "shell":
      applyShell(instruction, draft);
      break;
    case "onbuild":
      applyOnbuild(instruction, draft);
      break;
    case "maintainer":
      applyMaintainer(instruction, draft);
      break;
  }
}
