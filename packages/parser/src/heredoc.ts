import { type LexOptions, ShellError } from "./shell/lex-state.ts";
import { DEFAULT_LEX_OPTIONS, lex } from "./shell/lexer.ts";

/** What a word like `3<<-"EOF"` says: a here-document without its body. */
export interface HeredocMarker {
  /** The delimiter without quotes. */
  readonly name: string;
  readonly fileDescriptor: number;
  /** False where any part of the delimiter was quoted. */
  readonly expand: boolean;
  /** `<<-`. */
  readonly chomp: boolean;
}

const MARKER = /^(\d*)<<(-?)[\t\n\f\r ]*([^<]*)$/;
/** What nearly all markers are: nothing in them that the lexer would change. */
const PLAIN_MARKER = /^(\d*)<<(-?)(\w+)$/;
/** ASCII without quotes, escapes and variables; blanks behind `<<` belong to the marker. */
const PLAIN_LINE = /^(?!.*<<[\t ])[\t !#%&(-[\]-~]*$/;
const NO_VARIABLES = (): undefined => undefined;
const WORD: LexOptions = { ...DEFAULT_LEX_OPTIONS, keepUnset: true };
const RAW_WORD: LexOptions = { ...WORD, rawQuotes: true };
const RAW_LINE: LexOptions = { ...RAW_WORD, rawEscapes: true };

/**
 * The marker that a word is, or undefined where it is none.
 * @throws ShellError for a marker that cannot be read, as `<<"EOF`
 */
export function parseHeredocMarker(word: string): HeredocMarker | undefined {
  if (!word.includes("<<")) return undefined;
  const plain = PLAIN_MARKER.exec(word);
  if (plain !== null) {
    return { name: plain[3] ?? "", fileDescriptor: Number(plain[1]), expand: true, chomp: plain[2] === "-" };
  }
  const match = MARKER.exec(word);
  const rest = match?.[3];
  if (!match || !rest) return undefined;
  // Lexed with and without quotes: where the counts of quotes differ, some part was quoted.
  const { words } = lex(rest, NO_VARIABLES, WORD);
  const [name] = words;
  if (name === undefined || words.length !== 1) return undefined;
  const raw = lex(rest, NO_VARIABLES, RAW_WORD).words;
  if (raw.length !== 1) throw new ShellError(`internal lexing of heredoc produced inconsistent results: ${rest}`);
  return {
    name,
    fileDescriptor: Number(match[1]),
    expand: countQuotes(name) === countQuotes(raw[0] ?? ""),
    chomp: match[2] === "-",
  };
}

/** As `parseHeredocMarker`, but undefined also for a marker that cannot be read. */
export function findHeredocMarker(word: string): HeredocMarker | undefined {
  try {
    return parseHeredocMarker(word);
  } catch (error) {
    if (error instanceof ShellError) return undefined;
    throw error;
  }
}

/**
 * The markers in an instruction's line, in order: their bodies follow in the same order.
 * @throws ShellError as `parseHeredocMarker` does; a line that cannot be lexed at all opens no here-document
 */
export function heredocMarkersOf(line: string): HeredocMarker[] {
  const markers: HeredocMarker[] = [];
  for (const word of rawWords(line)) {
    const marker = parseHeredocMarker(word);
    if (marker !== undefined) markers.push(marker);
  }
  return markers;
}

/** What `<<-` does to a body. */
export function stripLeadingTabs(content: string): string {
  return content.replace(/(^|\n)\t+/g, "$1");
}

function rawWords(line: string): readonly string[] {
  if (PLAIN_LINE.test(line)) return line.split(/[\t ]+/);
  try {
    return lex(line, NO_VARIABLES, RAW_LINE).words;
  } catch (error) {
    if (error instanceof ShellError) return [];
    throw error;
  }
}

function countQuotes(text: string): number {
  return text.split(/['"]/).length;
}
