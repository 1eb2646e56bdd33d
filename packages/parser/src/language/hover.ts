import type { Flag } from "../ast.ts";
import { expand } from "../expand.ts";
import type { Position, Range } from "../position.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { DIRECTIVE_DOCS, INSTRUCTION_DOCS, PLATFORM_VARIABLES } from "./instruction-docs.ts";
import { type LanguageDocument, nodeAt, touches } from "./language-document.ts";
import { MOUNT_FIELDS, MOUNT_TYPES } from "./mount-docs.ts";
import { stageAt, variableAt } from "./navigation.ts";
import { ownEntry } from "./own-entry.ts";
import { createValueReader, findDefinition, globalOf } from "./resolve-variable.ts";
import { GLOBAL_SCOPE, type StageSymbol, type VariableOccurrence } from "./symbol-index.ts";

const MAX_VALUE_LENGTH = 200;

/** What an editor shows about a place. */
export interface Hover {
  /** Markdown. */
  readonly contents: string;
  readonly range: Range;
}

/** Explains what is at a position: a variable with its value, a stage, an instruction, a flag, a directive. */
export function hoverAt(document: LanguageDocument, position: Position): Hover | undefined {
  return hoverVariable(document, position) ?? hoverStage(document, position) ?? hoverSyntax(document, position);
}

function hoverVariable(document: LanguageDocument, position: Position): Hover | undefined {
  const { symbols } = document;
  const occurrence = variableAt(symbols, position);
  if (occurrence === undefined) return undefined;
  const { range, name, definition: own } = occurrence;
  const inherited = own?.value === undefined ? globalOf(symbols, occurrence) : undefined;
  const definition = own === undefined ? findDefinition(symbols, occurrence) : (inherited ?? occurrence);
  const platform = ownEntry(PLATFORM_VARIABLES, name);
  if (definition !== undefined) return { range, contents: variableText(document, definition, platform) };
  return platform === undefined ? undefined : { range, contents: `\`${name}\`: ${platform}` };
}

function variableText(document: LanguageDocument, occurrence: VariableOccurrence, platform = ""): string {
  const { name, definition, range } = occurrence;
  const { value, instruction = "ARG" } = definition ?? {};
  const known = createValueReader(document.symbols, document.parsed.dockerfile.escape)(occurrence);
  const lines = [codeBlock(`${instruction} ${name}${value === undefined ? "" : `=${value}`}`), platform];
  const kind = instruction === "ARG" ? "Build argument" : "Environment variable";
  lines.push(`${kind}, line ${range.start.line}.`);
  if (known !== undefined) lines.push(`${instruction === "ARG" ? "Default" : "Value"}: \`${shorten(known) || '""'}\``);
  return paragraphs(lines);
}

function hoverStage(document: LanguageDocument, position: Position): Hover | undefined {
  const { symbols } = document;
  const stage = symbols.stages[stageAt(symbols, position) ?? -1];
  if (stage === undefined) return undefined;
  const places = [stage.nameRange, ...symbols.stageReferences.map(({ range }) => range)];
  const range = places.find((place) => place !== undefined && touches(place, position));
  return range === undefined ? undefined : { range, contents: stageText(document, stage) };
}

function stageText({ symbols, parsed }: LanguageDocument, stage: StageSymbol): string {
  const from = parsed.syntax.nodes[stage.firstNode];
  const uses = symbols.stageReferences.filter((reference) => reference.stage === stage.index);
  const lines = uses.map(({ range }) => range.start.line).join(", ");
  return paragraphs([
    codeBlock(from?.source ?? ""),
    `Stage ${stage.index}, line ${from?.range.start.line ?? 0}.`,
    uses.length === 0 ? "Nothing uses it by name." : `Used in line ${lines}.`,
    from?.comments.join("  \n") ?? "",
  ]);
}

function hoverSyntax(document: LanguageDocument, position: Position): Hover | undefined {
  const { parsed } = document;
  const directive = parsed.dockerfile.directives.find(({ range }) => touches(range, position));
  if (directive !== undefined) return { range: directive.range, contents: DIRECTIVE_DOCS[directive.name] ?? "" };
  const node = parsed.syntax.nodes[nodeAt(document, position) ?? -1];
  return node === undefined ? undefined : hoverNode(document, node, position);
}

function hoverNode(document: LanguageDocument, node: SyntaxNode, position: Position): Hover | undefined {
  const keyword = node.keyword.text.toUpperCase();
  const doc = ownEntry(INSTRUCTION_DOCS, keyword);
  if (doc === undefined) return undefined;
  if (touches(node.keyword.range, position)) {
    const url = `https://docs.docker.com/reference/dockerfile/#${keyword.toLowerCase()}`;
    const contents = paragraphs([codeBlock(doc.forms.join("\n")), doc.summary, `[Reference](${url})`]);
    return { range: node.keyword.range, contents };
  }
  const flag = node.flags.find(({ range }) => touches(range, position));
  if (flag !== undefined) return hoverFlag(flag, ownEntry(doc.flags, flag.name));
  if (node.child !== undefined) return hoverNode(document, node.child, position);
  return keyword === "FROM" ? hoverImage(document, node, position) : undefined;
}

function hoverFlag({ name, value = "", range }: Flag, doc: string | undefined): Hover | undefined {
  if (doc === undefined) return undefined;
  const type = name === "mount" ? (/(?:^|,)type=(\w+)/.exec(value)?.[1] ?? "bind") : undefined;
  const about = type === undefined ? undefined : ownEntry(MOUNT_TYPES, type);
  const fields = ownEntry(MOUNT_FIELDS, type ?? "")?.join(", ");
  const mount = about === undefined ? "" : `\`type=${type}\`: ${about} Fields: ${fields}.`;
  return { range, contents: paragraphs([`\`--${name}\`: ${doc}`, mount]) };
}

/** The image that a FROM with variables comes to. */
function hoverImage({ symbols, parsed }: LanguageDocument, node: SyntaxNode, position: Position): Hover | undefined {
  const image = node.args[0];
  if (image === undefined || !touches(image.range, position)) return undefined;
  const { escape: escapeToken } = parsed.dockerfile;
  const index = parsed.syntax.nodes.indexOf(node);
  const readValue = createValueReader(symbols, escapeToken);
  const lookup = (name: string) => {
    const definition = findDefinition(symbols, { name, scope: GLOBAL_SCOPE, node: index });
    return definition === undefined ? undefined : readValue(definition);
  };
  const expanded = expand(image.text, lookup, { escape: escapeToken });
  if ("error" in expanded || expanded.unmatched.length > 0) return undefined;
  return { range: image.range, contents: `Image \`${expanded.text}\`` };
}

function shorten(value: string): string {
  return value.length > MAX_VALUE_LENGTH ? `${value.slice(0, MAX_VALUE_LENGTH)}...` : value;
}

function codeBlock(code: string): string {
  return `\`\`\`dockerfile\n${code}\n\`\`\``;
}

function paragraphs(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n\n");
}
