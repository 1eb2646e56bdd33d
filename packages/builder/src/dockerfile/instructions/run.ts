import { type Heredoc, parseDeviceFlag, type RunInstruction } from "@tsbuild/parser";
import type { ExecMount, ExecOp } from "../../graph/op.ts";
import { mistake } from "../dockerfile-error.ts";
import { layerStep, runText } from "../history.ts";
import { toSlash } from "../image-paths.ts";
import { DEFAULT_HOSTNAME } from "../shell.ts";
import { type Compile, displayText, type StageDraft, stepVertex, workingDirectory } from "../stage-draft.ts";
import type { Command } from "../stages.ts";
import { commandWords } from "./command.ts";
import { mountsOf } from "./run-mounts.ts";
import type { InstructionScope } from "./scope.ts";

/** Where a here-document that is a script of its own is put. */
const SCRIPT_FOLDER = "/dev/pipes";

/** RUN: one process on top of what the stage has so far. */
export function applyRun(
  instruction: RunInstruction,
  { sources, triggered }: Command,
  draft: StageDraft,
  scope: InstructionScope,
): void {
  const { compile } = scope;
  const { range } = instruction;
  refuseDevices(instruction);
  const { args, script } = runWords(instruction, draft);
  const { mounts, inputs, secretNames } = mountsOf(instruction, sources, draft, scope);
  const op: ExecOp = {
    type: "exec",
    ...(draft.root === undefined ? { root: -1 as const } : {}),
    args,
    env: [...draft.variables].map(([name, value]) => `${name}=${value}`),
    cwd: toSlash(workingDirectory(draft), draft.platform.os),
    user: draft.config.User ?? "",
    hostname: hostnameOf(compile),
    network: networkOf(instruction, compile),
    security: securityOf(instruction),
    mounts: [...script, ...mounts],
    extraHosts: compile.options.extraHosts ?? [],
    platform: draft.platform,
  };
  const text = runName(instruction, draft, secretNames);
  const vertex = stepVertex(draft, compile, op, { text, inputs, range, triggered });
  draft.root = vertex;
  draft.history = [...draft.history, layerStep(runText(args, draft.buildArguments, draft.variables), vertex)];
}

/** There are no devices of the Container Device Interface here: a step that can do without gets none. */
function refuseDevices({ devices, range }: RunInstruction): void {
  const needed = devices.map(parseDeviceFlag).find((device) => "error" in device || device.required);
  if (needed === undefined) return;
  const name = "error" in needed ? needed.error : needed.name;
  throw mistake(`device ${name} is required and not available`, range, {
    code: "DEVICE_UNAVAILABLE",
    hint: "leave required out, or build without --device",
  });
}

interface RunWords {
  readonly args: readonly string[];
  readonly script: readonly ExecMount[];
}

/**
 * The process's words. A here-document alone is the shell's text, or a script where it starts with `#!`; one inside a
 * command goes to the shell with its body, which reads it for itself.
 */
function runWords(instruction: RunInstruction, draft: StageDraft): RunWords {
  const { command, heredocs } = instruction;
  const [first] = heredocs;
  if (first === undefined || command.form === "exec") return { args: commandWords(command, draft), script: [] };
  const shell = (text: string): readonly string[] => commandWords({ ...command, text }, draft);
  if (!isHeredocAlone(command.text)) return { args: shell(withBodies(command.text, heredocs)), script: [] };
  if (draft.image.os === "windows" || !first.content.startsWith("#!"))
    return { args: shell(first.content), script: [] };
  const target = `${SCRIPT_FOLDER}/${first.name}`;
  return { args: shell(target), script: [{ type: "content", target, content: first.content, mode: 0o755 }] };
}

function isHeredocAlone(text: string): boolean {
  return /^\d*<<-?\s*(?:"[^"<]*"|'[^'<]*'|[^\s<"']+)+$/.test(text.trim());
}

function withBodies(text: string, heredocs: readonly Heredoc[]): string {
  return [text, ...heredocs.map(({ content, name }) => `${content}${name}`)].join("\n");
}

/** The values of ARGs stay out of it, as those of secrets: a name is shown to everyone. */
function runName(
  instruction: RunInstruction,
  { variables, buildArguments }: StageDraft,
  secretNames: readonly string[],
): string {
  const [first] = instruction.heredocs;
  const { command } = instruction;
  const isAlone = first !== undefined && command.form === "shell" && isHeredocAlone(command.text);
  const summary = isAlone ? ` (${summarize(first.content)})` : "";
  const given = new Set(buildArguments.map(({ name }) => name));
  const open = [...variables].filter(([name]) => !given.has(name));
  const masked = new Map([...open, ...secretNames.map((name) => [name, "****"] as const)]);
  return displayText(`${instruction.source}${summary}`, masked, { mode: "heredoc", keepUnset: true });
}

function summarize(content: string): string {
  const [first = "", ...rest] = content.trim().split(/\r?\n/);
  return rest.length > 0 ? `${first}...` : first;
}

/** A build argument wins over the option, as in BuildKit. */
function hostnameOf({ options }: Compile): string {
  return options.buildArgs?.BUILDKIT_SANDBOX_HOSTNAME ?? options.hostname ?? DEFAULT_HOSTNAME;
}

function networkOf({ network, range }: RunInstruction, { options }: Compile): ExecOp["network"] {
  if (network === undefined || network === "default") return options.network ?? "default";
  if (network === "none" || network === "host") return network;
  throw mistake(`unsupported network mode "${network}"`, range, { hint: "one of default, none and host" });
}

function securityOf({ security, range }: RunInstruction): ExecOp["security"] {
  if (security === undefined || security === "sandbox") return "sandbox";
  if (security === "insecure") return security;
  throw mistake(`unsupported security mode "${security}"`, range, { hint: "one of sandbox and insecure" });
}
