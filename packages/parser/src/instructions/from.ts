import type { FromInstruction, Word } from "../ast.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { quote } from "../text/go-strings.ts";
import { Problem, replacement } from "../text/problem.ts";
import { checkFlags } from "./check-flags.ts";
import { baseOf } from "./instruction-base.ts";

const STAGE_NAME = /^[a-z][a-z0-9._-]*$/;

/** Whether a stage may be called so: a letter, then letters, digits, `-`, `_`, `.`; case does not matter. */
export function isValidStageName(name: string): boolean {
  return STAGE_NAME.test(name.toLowerCase());
}

export function readFrom(node: SyntaxNode): FromInstruction {
  const { image, stageName } = readImageAndName(node);
  const { strings } = checkFlags(node.flags, { platform: "string" });
  return { ...baseOf("from", node), image, stageName, platform: strings.get("platform") };
}

function readImageAndName(node: SyntaxNode): { image: Word; stageName: Word | undefined } {
  const [image, as, stageName] = node.args;
  const isNamed = node.args.length === 3 && as?.text.toLowerCase() === "as";
  if (image === undefined || (node.args.length !== 1 && !isNamed)) {
    throw new Problem("FROM_INVALID", "FROM requires either one or three arguments", node.range, {
      hint: node.args.some((word) => word.text.startsWith("#"))
        ? "a comment has a line of its own: what follows an instruction is part of it"
        : "write FROM image or FROM image AS name",
    });
  }
  if (stageName !== undefined && !isValidStageName(stageName.text)) throw invalidName(stageName);
  return { image, stageName };
}

function invalidName({ text, range }: Word): Problem {
  const reason = "name can't start with a number or contain symbols";
  const mended = text
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, "-")
    .replace(/^[^a-z]/, "stage-$&");
  return new Problem("STAGE_NAME_INVALID", `invalid name for build stage: ${quote(text)}, ${reason}`, range, {
    hint: "a letter, then letters, digits, - _ and .",
    fix: replacement(`Rename to ${mended}`, range, mended),
  });
}
