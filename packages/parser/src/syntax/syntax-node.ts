import type { Flag, Heredoc, KeyValue, Word } from "../ast.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { Range } from "../position.ts";
import type { Span } from "./words.ts";

/** An instruction as it is written: split into keyword, flags and arguments, not yet checked. Any keyword may stand there. */
export interface SyntaxNode {
  readonly keyword: Word;
  readonly flags: readonly Flag[];
  /** Words, or one word with the whole rest; for ENV and LABEL see `pairs`. */
  readonly args: readonly Word[];
  /** Of ENV and LABEL. */
  readonly pairs: readonly KeyValue[];
  /** Whether the arguments were given as a JSON array. */
  readonly json: boolean;
  /** The instruction behind ONBUILD. */
  readonly child: SyntaxNode | undefined;
  readonly heredocs: readonly Heredoc[];
  /** The logical line without blanks around it. */
  readonly source: string;
  /** The logical line, blanks around it included. */
  readonly text: string;
  readonly comments: readonly string[];
  /** Here-documents included. */
  readonly range: Range;
  /** What stands behind the flags. */
  readonly argsRange: Range;
  /** The same as a part of the logical line: what any part of it needs to be found in the file. */
  readonly argsSpan: Span;
  /** Why the arguments could not be read. */
  readonly error: Diagnostic | undefined;
}

/** All instructions of a file, in order, before they are understood. */
export interface SyntaxTree {
  readonly nodes: readonly SyntaxNode[];
  /** Instructions in which blank lines stand where a continued line should. */
  readonly emptyContinuations: readonly EmptyContinuation[];
}

export interface EmptyContinuation {
  readonly source: string;
  /** As BuildKit reports it. */
  readonly line: number;
  /** The blank lines. */
  readonly emptyLines: readonly number[];
}
