import type { CopyInstruction, Instruction } from "../../ast.ts";
import { splitCsv } from "../../flags/csv.ts";

/** A text of an instruction in which variables are expanded, and how. */
export interface ExpandedWord {
  readonly text: string;
  readonly mode: "word" | "heredoc";
}

/**
 * The texts of an instruction in which BuildKit expands variables. Not among them: the commands of RUN, CMD, ENTRYPOINT,
 * HEALTHCHECK and SHELL, what stands behind ONBUILD, `--exclude` and `--from`; and ARG, FROM and EXPOSE, which have rules of
 * their own. Sources of COPY and ADD come first, pairs of ENV and LABEL alternate key and value.
 */
export function expandedWords(instruction: Instruction): readonly ExpandedWord[] {
  switch (instruction.kind) {
    case "env":
    case "label":
      return words(instruction.pairs.flatMap(({ key, value }) => [key.text, value?.text ?? ""]));
    case "add":
    case "copy":
      return copyWords(instruction);
    case "workdir":
      return words([instruction.path.text]);
    case "user":
      return words([instruction.user.text]);
    case "volume":
      return words(instruction.paths.map(({ text }) => text));
    case "stopsignal":
      return words([instruction.signal.text]);
    case "run":
      return words(instruction.mounts.flatMap(mountValues));
    default:
      return [];
  }
}

function words(texts: readonly string[]): ExpandedWord[] {
  return texts.map((text) => ({ text, mode: "word" }));
}

function copyWords({ sources, destination, chown, chmod, checksum }: CopyInstruction): ExpandedWord[] {
  const paths = sources.flatMap((source) => ("text" in source ? source.text : []));
  const bodies = sources.flatMap((source) => ("text" in source || !source.expand ? [] : source.content));
  const flags = [chown, chmod, checksum].flatMap((value) => value ?? []);
  return [
    ...words([...paths, ...flags, destination.text]),
    ...bodies.map((text) => ({ text, mode: "heredoc" as const })),
  ];
}

/** The values of a mount's fields, each of which is expanded by itself. */
function mountValues(mount: string): string[] {
  const fields = splitCsv(mount);
  if ("error" in fields) return [];
  return fields.flatMap((field) => (field.includes("=") ? field.slice(field.indexOf("=") + 1) : []));
}
