import type { CopyInstruction, Heredoc, Word } from "../ast.ts";
import { findHeredocMarker, type HeredocMarker } from "../heredoc.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { Problem } from "../text/problem.ts";
import { checkFlags, type FlagType } from "./check-flags.ts";

const COPY_FLAGS: Readonly<Record<string, FlagType>> = {
  chown: "string",
  from: "string",
  chmod: "string",
  link: "boolean",
  exclude: "list",
  parents: "boolean",
};
const ADD_FLAGS: Readonly<Record<string, FlagType>> = {
  chown: "string",
  chmod: "string",
  link: "boolean",
  "keep-git-dir": "boolean",
  checksum: "string",
  unpack: "boolean",
  exclude: "list",
};

export function readCopy(kind: "copy" | "add", node: SyntaxNode): CopyInstruction {
  const name = kind.toUpperCase();
  const destination = node.args.at(-1);
  if (destination === undefined || node.args.length < 2) {
    const message = `${name} requires at least two arguments, but only one was provided. Destination could not be determined`;
    throw new Problem("ARGUMENT_MISSING", message, node.range, { hint: `write ${name} source destination` });
  }
  const { strings, booleans, lists } = checkFlags(node.flags, kind === "copy" ? COPY_FLAGS : ADD_FLAGS);
  if (findHeredocMarker(destination.text) !== undefined) {
    throw new Problem("HEREDOC_INVALID", `${name} cannot accept a heredoc as a destination`, destination.range, {
      hint: "the here-document is a source: write the destination behind it",
    });
  }
  const { keyword, flags, range, source, comments } = node;
  // Written out: spreading what all instructions share takes ten times as long, and most of a Dockerfile is COPY and RUN.
  return {
    kind,
    keyword,
    flags,
    range,
    source,
    comments,
    sources: readSources(node),
    destination,
    from: strings.get("from"),
    chown: strings.get("chown"),
    chmod: strings.get("chmod"),
    link: booleans.get("link") ?? false,
    parents: booleans.get("parents") ?? false,
    exclude: lists.get("exclude") ?? [],
    checksum: strings.get("checksum"),
    keepGitDir: booleans.get("keep-git-dir"),
    unpack: booleans.get("unpack"),
  };
}

function readSources(node: SyntaxNode): readonly (Word | Heredoc)[] {
  if (!node.source.includes("<<")) return node.args.slice(0, -1);
  const bodies = new Map(node.heredocs.map((heredoc) => [heredoc.name, heredoc]));
  return node.args.slice(0, -1).map((word) => {
    const marker = findHeredocMarker(word.text);
    return marker === undefined ? word : { ...(bodies.get(marker.name) ?? emptyHeredoc(marker, word)), ...marker };
  });
}

/** In JSON form a marker opens no here-document, and is an empty file all the same. */
function emptyHeredoc(marker: HeredocMarker, { range }: Word): Heredoc {
  return { ...marker, content: "", rawContent: "", range: { start: range.end, end: range.end } };
}
