import type { HealthcheckInstruction } from "../ast.ts";
import { parseDuration } from "../flags/parse-duration.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { quote } from "../text/go-strings.ts";
import { Problem } from "../text/problem.ts";
import { atLeastOneArgument } from "./argument-errors.ts";
import { checkFlags, type FlagType } from "./check-flags.ts";
import { commandOf } from "./command-line.ts";
import { baseOf } from "./instruction-base.ts";

const FLAGS: Readonly<Record<string, FlagType>> = {
  interval: "string",
  timeout: "string",
  "start-period": "string",
  "start-interval": "string",
  retries: "string",
};
const MIN_DURATION = 1_000_000;
const MAX_RETRIES = 2 ** 31 - 1;

export function readHealthcheck(node: SyntaxNode): HealthcheckInstruction {
  const [type, ...command] = node.args;
  if (type === undefined) throw atLeastOneArgument(node, "HEALTHCHECK");
  const name = type.text.toUpperCase();
  if (name === "NONE") return readNone(node);
  const { strings } = checkFlags(node.flags, FLAGS);
  if (name !== "CMD") {
    const message = `Unknown type ${quote(name)} in HEALTHCHECK (try CMD)`;
    throw new Problem("HEALTHCHECK_INVALID", message, type.range, { hint: "write HEALTHCHECK CMD command" });
  }
  if (command.length === 0)
    throw new Problem("HEALTHCHECK_INVALID", "Missing command after HEALTHCHECK CMD", node.range);
  return {
    ...baseOf("healthcheck", node),
    command: commandOf(node, command),
    interval: duration(node, "interval", strings),
    timeout: duration(node, "timeout", strings),
    startPeriod: duration(node, "start-period", strings),
    startInterval: duration(node, "start-interval", strings),
    retries: retries(node, strings.get("retries")),
  };
}

/** Flags of NONE are read and ignored, as BuildKit does. */
function readNone(node: SyntaxNode): HealthcheckInstruction {
  if (node.args.length > 1) {
    throw new Problem("HEALTHCHECK_INVALID", "HEALTHCHECK NONE takes no arguments", node.range);
  }
  const unset = { interval: undefined, timeout: undefined, startPeriod: undefined, startInterval: undefined };
  return { ...baseOf("healthcheck", node), command: undefined, ...unset, retries: undefined };
}

function duration(node: SyntaxNode, name: string, strings: ReadonlyMap<string, string>): number | undefined {
  const text = strings.get(name);
  if (text === undefined || text === "") return undefined;
  const parsed = parseDuration(text);
  if (typeof parsed === "object") throw flagProblem(node, name, parsed.error);
  if (parsed === 0 || parsed >= MIN_DURATION) return parsed;
  throw flagProblem(node, name, `Interval ${quote(name)} cannot be less than 1ms`);
}

function retries(node: SyntaxNode, text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (!/^[+-]?[0-9]+$/.test(text)) {
    throw flagProblem(node, "retries", `strconv.ParseInt: parsing ${quote(text)}: invalid syntax`);
  }
  const count = Number(text);
  if (Math.abs(count) > MAX_RETRIES) {
    throw flagProblem(node, "retries", `strconv.ParseInt: parsing ${quote(text)}: value out of range`);
  }
  if (count < 0) throw flagProblem(node, "retries", `--retries cannot be negative (${count})`);
  return count;
}

function flagProblem(node: SyntaxNode, name: string, message: string): Problem {
  const flag = node.flags.find((candidate) => candidate.name === name);
  const hint = name === "retries" ? "write a whole number" : "write a number with a unit: 500ms, 30s, 1m30s";
  return new Problem("FLAG_VALUE_INVALID", message, flag?.range ?? node.range, { hint });
}
