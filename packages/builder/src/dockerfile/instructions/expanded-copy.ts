import type { CopyInstruction, Heredoc, Word } from "@tsbuild/parser";
import { resolveDestination } from "../image-paths.ts";
import { type StageDraft, wordExpander, workingDirectory } from "../stage-draft.ts";
import { expandBody } from "../words.ts";
import type { InstructionScope } from "./scope.ts";

/** COPY or ADD with its words expanded. */
export interface ExpandedCopy {
  readonly instruction: CopyInstruction;
  readonly sources: readonly string[];
  readonly documents: readonly { readonly name: string; readonly content: string }[];
  /** As written: what the history shows. */
  readonly writtenDestination: string;
  readonly destination: string;
  readonly owner: string;
  readonly mode: string;
  readonly checksum: string;
}

/**
 * Fills the variables of COPY or ADD in.
 * @throws DockerfileError
 */
export function expandCopy(
  instruction: CopyInstruction,
  draft: StageDraft,
  { compile }: InstructionScope,
): ExpandedCopy {
  const { range } = instruction;
  const word = wordExpander(draft, compile, range);
  const owner = word(instruction.chown ?? "");
  const mode = word(instruction.chmod ?? "");
  const checksum = word(instruction.checksum ?? "");
  const sources = instruction.sources.filter(isWord).map((source) => word(source.text));
  const writtenDestination = word(instruction.destination.text);
  const documents = instruction.sources.filter(isHeredoc).map(({ name, content, expand }) => ({
    name,
    content: expand ? expandBody(content, draft.variables, { escape: compile.escape, range }) : content,
  }));
  const destination = resolveDestination(workingDirectory(draft), writtenDestination, draft.platform.os);
  return { instruction, sources, documents, writtenDestination, destination, owner, mode, checksum };
}

/** Owner and mode where the instruction gives them. */
export function ownership({ owner, mode }: ExpandedCopy): { readonly owner?: string; readonly mode?: string } {
  return { ...(owner === "" ? {} : { owner }), ...(mode === "" ? {} : { mode }) };
}

function isHeredoc(source: Word | Heredoc): source is Heredoc {
  return "content" in source;
}

function isWord(source: Word | Heredoc): source is Word {
  return !isHeredoc(source);
}
