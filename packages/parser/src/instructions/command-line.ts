import type { CmdInstruction, CommandLine, RunInstruction, ShellInstruction, Word } from "../ast.ts";
import { parseDeviceFlag } from "../flags/parse-device.ts";
import { checkMountFlag } from "../flags/parse-mount.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { quote } from "../text/go-strings.ts";
import { Problem } from "../text/problem.ts";
import { suggest } from "../text/suggest.ts";
import { atLeastOneArgument } from "./argument-errors.ts";
import { checkFlags } from "./check-flags.ts";
import { baseOf } from "./instruction-base.ts";

const NETWORKS = ["default", "none", "host"];
const SECURITY_MODES = ["insecure", "sandbox"];
const RUN_FLAGS = { mount: "list", network: "string", security: "string", device: "list" } as const;

export function readRun(node: SyntaxNode): RunInstruction {
  const { strings, lists } = checkFlags(node.flags, RUN_FLAGS);
  const mounts = lists.get("mount") ?? [];
  const devices = lists.get("device") ?? [];
  for (const device of devices) {
    const parsed = parseDeviceFlag(device);
    if ("error" in parsed) throw flagProblem(node, device, parsed.error);
  }
  for (const mount of mounts) {
    const error = checkMountFlag(mount);
    if (error !== undefined) throw flagProblem(node, mount, error.error);
  }
  const network = strings.get("network");
  if (network !== undefined && !NETWORKS.includes(network)) {
    throw flagProblem(node, network, `invalid network mode ${quote(network)}`, NETWORKS);
  }
  const security = strings.get("security");
  if (security !== undefined && !SECURITY_MODES.includes(security)) {
    throw flagProblem(node, security, `security ${quote(security)} is not valid`, SECURITY_MODES);
  }
  const { keyword, flags, range, source, comments, heredocs } = node;
  const command = commandOf(node, node.args);
  // Written out, as in COPY: spreads are slow.
  return {
    kind: "run",
    keyword,
    flags,
    range,
    source,
    comments,
    command,
    heredocs,
    mounts,
    devices,
    network,
    security,
  };
}

export function readCommand(kind: "cmd" | "entrypoint", node: SyntaxNode): CmdInstruction {
  checkFlags(node.flags, {});
  return { ...baseOf(kind, node), command: commandOf(node, node.args) };
}

export function readShell(node: SyntaxNode): ShellInstruction {
  checkFlags(node.flags, {});
  if (node.args.length === 0) throw atLeastOneArgument(node, "SHELL");
  if (!node.json) {
    throw new Problem("JSON_FORM_INVALID", "SHELL requires the arguments to be in JSON form", node.argsRange, {
      hint: 'write SHELL ["executable", "parameter"]',
    });
  }
  return { ...baseOf("shell", node), args: node.args.map(({ text }) => text) };
}

/** The arguments as a command: in JSON form a list, else one text for the shell. */
export function commandOf(node: SyntaxNode, args: readonly Word[]): CommandLine {
  if (node.json) return { form: "exec", args: args.map(({ text }) => text), range: node.argsRange };
  return { form: "shell", text: args.map(({ text }) => text).join(" "), range: args[0]?.range ?? node.argsRange };
}

function flagProblem(node: SyntaxNode, value: string, message: string, known: readonly string[] = []): Problem {
  const flag = node.flags.find((candidate) => candidate.value === value);
  const meant = suggest(value, known);
  const hint = meant === undefined ? `known values: ${known.join(", ")}` : `did you mean ${meant}?`;
  return new Problem("FLAG_VALUE_INVALID", message, flag?.range ?? node.range, known.length === 0 ? {} : { hint });
}
