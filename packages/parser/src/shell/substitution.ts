import { type LexState, ShellError } from "./lex-state.ts";
import { matchReplace, trimMatching } from "./shell-pattern.ts";

/** Deeper nesting of `${a:-${b:-...}}` is an error instead of a stack overflow. */
const MAX_DEPTH = 200;

/** What `${name//pattern/word}` may come to at worst, in characters. */
const MAX_REPLACED = 16_777_216;

/** Reads `$name` or `${...}` and answers with what it stands for. */
export function readSubstitution(state: LexState): string {
  const { reader, get, keepUnset } = state;
  reader.next();
  if (reader.peek() === "{") return readBraced({ ...state, depth: state.depth + 1 });
  const name = readName(state);
  if (name === "") return "$";
  const value = get(name);
  return value === undefined && keepUnset ? `$${name}` : (value ?? "");
}

/**
 * Letters, digits and `_`; a name that begins with a digit is that run of digits; the shell's special parameters are names
 * of one character.
 */
function readName({ reader }: LexState): string {
  const first = reader.peek();
  if (/^\p{Nd}/u.test(first)) return readWhile(/^\p{Nd}/u, reader);
  if (first !== "" && "@*#?-$!".includes(first)) return reader.next();
  return readWhile(/^[\p{L}\p{Nd}_]/u, reader);
}

function readWhile(pattern: RegExp, reader: LexState["reader"]): string {
  let text = "";
  while (pattern.test(reader.peek())) text += reader.next();
  return text;
}

function readBraced(state: LexState): string {
  const { reader, depth } = state;
  reader.next();
  if (depth > MAX_DEPTH) throw new ShellError(`syntax error: more than ${MAX_DEPTH} nested substitutions`);
  const first = reader.peek();
  if (first === "") throw new ShellError("syntax error: missing '}'");
  if (first === "{" || first === "}" || first === ":") throw new ShellError("syntax error: bad substitution");
  const name = readName(state);
  const operator = reader.next();
  switch (operator) {
    case "}":
      return plainValue(name, state);
    case "+":
    case "-":
    case "?":
      return conditional(name, operator, false, state);
    case ":":
      return conditional(name, reader.next(), true, state);
    case "#":
    case "%":
      return trimmed(name, operator, state);
    case "/":
      return replaced(name, state);
    default:
      throw unsupportedModifier(operator || "\ufffd");
  }
}

function plainValue(name: string, { get, keepUnset }: LexState): string {
  const value = get(name);
  return value === undefined && keepUnset ? `\${${name}}` : (value ?? "");
}

/** `${name-word}`, `+`, `?`; with `emptyIsUnset` the forms that begin with a colon. */
function conditional(name: string, operator: string, emptyIsUnset: boolean, state: LexState): string {
  const modifier = emptyIsUnset ? `:${operator}` : operator;
  if (emptyIsUnset && (operator === "#" || operator === "%")) throw unsupportedModifier(modifier);
  const word = readPart("}", "syntax error: missing '}'", { ...state, rawEscapes: false });
  const value = state.get(name);
  if (value === undefined && state.keepUnset) return `\${${name}${modifier}${word}}`;
  const missing = value === undefined || (emptyIsUnset && value === "");
  if (operator === "-") return missing ? word : value;
  if (operator === "+") return missing ? "" : word;
  if (operator !== "?") throw unsupportedModifier(modifier);
  if (!missing) return value;
  const reason = word === "" ? `is not allowed to be ${value === undefined ? "unset" : "empty"}` : word;
  throw new ShellError(`${name}: ${reason}`);
}

/** `${name#pattern}` and `%`, doubled for the longest match. */
function trimmed(name: string, operator: "#" | "%", state: LexState): string {
  const word = readPart("}", "syntax error: missing '}'", { ...state, rawEscapes: true });
  const value = state.get(name);
  if (value === undefined && state.keepUnset) return `\${${name}${operator}${word}}`;
  const greedy = word.startsWith(operator);
  return trimMatching(greedy ? word.slice(1) : word, value ?? "", { greedy, end: operator === "%" });
}

/** `${name/pattern/replacement}`, `//` for every match. */
function replaced(name: string, state: LexState): string {
  const { reader, get, keepUnset } = state;
  const all = reader.peek() === "/";
  if (all) reader.next();
  // biome-ignore lint/suspicious/noTemplateCurlyInString: BuildKit's words
  const pattern = readPart("/", "syntax error: missing '/' in ${}", { ...state, rawEscapes: true });
  const replacement = readPart("}", "syntax error: missing '}'", { ...state, rawEscapes: true });
  const value = get(name);
  if (value === undefined && keepUnset) return `\${${name}/${pattern}/${replacement}}`;
  const longest = (value ?? "").length * replacement.length;
  if (all && longest > MAX_REPLACED) throw new ShellError("a replacement that is too long");
  return matchReplace(pattern, value ?? "", { replacement, all });
}

/** The text up to `stop`; an error that comes from the end of the text is told as `missing`. */
function readPart(stop: string, missing: string, state: LexState): string {
  try {
    return state.readUntil(stop, state).text;
  } catch (error) {
    if (error instanceof ShellError && state.reader.peek() === "") throw new ShellError(missing, { cause: error });
    throw error;
  }
}

function unsupportedModifier(modifier: string): ShellError {
  return new ShellError(`unsupported modifier (${modifier}) in substitution`);
}
