import type { Position, Range } from "../position.ts";
import { type LanguageDocument, touches } from "./language-document.ts";
import { findDefinition, globalOf } from "./resolve-variable.ts";
import { GLOBAL_SCOPE, type StageReference, type SymbolIndex, type VariableOccurrence } from "./symbol-index.ts";
import type { TextEdit } from "./text-edit.ts";

export interface ReferencesOptions {
  /** @default true */
  readonly includeDefinition?: boolean;
}

/** Where the stage or variable at a position is defined. */
export function definitionAt({ symbols }: LanguageDocument, position: Position): Range | undefined {
  const stage = stageAt(symbols, position);
  if (stage !== undefined) return symbols.stages[stage]?.nameRange ?? referenceAt(symbols, position)?.range;
  const variable = variableAt(symbols, position);
  if (variable === undefined) return undefined;
  if (variable.definition === undefined) return findDefinition(symbols, variable)?.range;
  const inherited = variable.definition.value === undefined ? globalOf(symbols, variable) : undefined;
  return (inherited ?? variable).range;
}

/** All places that name the stage or variable at a position, in the order of the text. */
export function referencesAt(
  { symbols }: LanguageDocument,
  position: Position,
  { includeDefinition = true }: ReferencesOptions = {},
): Range[] {
  const stage = stageAt(symbols, position);
  if (stage !== undefined) {
    const definition = includeDefinition ? symbols.stages[stage]?.nameRange : undefined;
    const uses = symbols.stageReferences.filter((reference) => reference.stage === stage).map(({ range }) => range);
    return definition === undefined ? uses : [definition, ...uses];
  }
  const variable = variableAt(symbols, position);
  if (variable === undefined) return [];
  return occurrencesOf(symbols, variable)
    .filter(({ definition }) => includeDefinition || definition === undefined)
    .map(({ range }) => range);
}

/** What a rename would replace at a position: undefined where nothing there can be renamed. */
export function renameRangeAt(document: LanguageDocument, position: Position): Range | undefined {
  return rangesToRename(document, position).find((range) => touches(range, position));
}

/** The edits that rename the stage or variable at a position; undefined where there is none, or the name is impossible. */
export function renameAt(
  document: LanguageDocument,
  position: Position,
  newName: string,
): readonly TextEdit[] | undefined {
  const isStage = stageAt(document.symbols, position) !== undefined;
  const isValid = (isStage ? /^[a-z][a-z0-9._-]*$/i : /^[A-Za-z_][A-Za-z0-9_]*$/).test(newName);
  const ranges = rangesToRename(document, position);
  return ranges.length === 0 || !isValid ? undefined : ranges.map((range) => ({ range, newText: newName }));
}

function rangesToRename({ symbols }: LanguageDocument, position: Position): Range[] {
  const stage = stageAt(symbols, position);
  if (stage !== undefined) {
    const name = symbols.stages[stage]?.nameRange;
    const uses = symbols.stageReferences.filter((reference) => reference.stage === stage && reference.isName);
    return name === undefined ? [] : [name, ...uses.map(({ range }) => range)];
  }
  const variable = variableAt(symbols, position);
  const all = variable === undefined ? [] : occurrencesOf(symbols, variable);
  return all.some(({ definition }) => definition !== undefined) ? all.map(({ range }) => range) : [];
}

export function variableAt({ variables }: SymbolIndex, position: Position): VariableOccurrence | undefined {
  return variables.find(({ range }) => touches(range, position));
}

/** The index of the stage whose name, or a reference to which, is at a position. */
export function stageAt(symbols: SymbolIndex, position: Position): number | undefined {
  const named = symbols.stages.find(({ nameRange }) => nameRange !== undefined && touches(nameRange, position));
  return named?.index ?? referenceAt(symbols, position)?.stage;
}

function referenceAt({ stageReferences }: SymbolIndex, position: Position): StageReference | undefined {
  return stageReferences.find(({ range }) => touches(range, position));
}

/** Of one variable: the same name in all scopes that hand it on to each other. */
function occurrencesOf(symbols: SymbolIndex, { name, scope }: VariableOccurrence): VariableOccurrence[] {
  const named = symbols.variables.filter((occurrence) => occurrence.name === name);
  const links = scopeLinks(symbols, named);
  const reached = new Set([scope]);
  for (const at of reached) {
    for (const [left, right] of links) {
      if (left === at) reached.add(right);
      if (right === at) reached.add(left);
    }
  }
  return named.filter((occurrence) => reached.has(occurrence.scope));
}

/** Pairs of scopes between which a variable is handed on. */
function scopeLinks({ stages }: SymbolIndex, named: readonly VariableOccurrence[]): [number, number][] {
  const defining = new Set(named.filter(({ definition }) => definition !== undefined).map(({ scope }) => scope));
  const links: [number, number][] = [];
  const hands = new Set<number>();
  for (const { index, base } of stages) {
    const takesGlobal = named.some(
      ({ scope, definition }) => scope === index && definition?.instruction === "ARG" && definition.value === undefined,
    );
    if (takesGlobal && defining.has(GLOBAL_SCOPE)) links.push([index, GLOBAL_SCOPE]);
    if (base !== undefined && hands.has(base)) links.push([index, base]);
    if (defining.has(index) || (base !== undefined && hands.has(base))) hands.add(index);
  }
  return links;
}
