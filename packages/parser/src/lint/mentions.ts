import type { Instruction } from "../ast.ts";

const VARIABLE = /\$\{?([A-Za-z_]\w*)/g;

/** Names behind a dollar sign, whoever will fill them in. */
export function variablesIn(text: string): string[] {
  return text.includes("$") ? Array.from(text.matchAll(VARIABLE), ([, name = ""]) => name) : [];
}

/** The same of a whole instruction, here-documents included. */
export function variablesOf(instruction: Instruction): string[] {
  const heredocs = "heredocs" in instruction ? instruction.heredocs : [];
  const files = "sources" in instruction ? instruction.sources.filter((source) => "content" in source) : [];
  return [instruction.source, ...[...heredocs, ...files].map(({ content }) => content)].flatMap(variablesIn);
}
