import { expand } from "../expand.ts";
import { GLOBAL_SCOPE, type SymbolIndex, type VariableOccurrence } from "./symbol-index.ts";

/** Values are followed through so many definitions. */
const MAX_DEPTH = 32;

/** What defines a variable at an instruction: the last definition in front of it, in its stage or those below. */
export function findDefinition(
  symbols: SymbolIndex,
  { name, node, scope }: Pick<VariableOccurrence, "name" | "node" | "scope">,
): VariableOccurrence | undefined {
  const found = lastDefinition(symbols, name, { scope, before: node });
  if (found !== undefined) return found.definition?.value === undefined ? (globalOf(symbols, found) ?? found) : found;
  const base = symbols.stages[scope]?.base;
  if (base === undefined) return undefined;
  return findDefinition(symbols, { name, node: Number.POSITIVE_INFINITY, scope: base });
}

/** The ARG above all stages that a bare `ARG NAME` takes its value from. */
export function globalOf(symbols: SymbolIndex, { name, scope }: VariableOccurrence): VariableOccurrence | undefined {
  if (scope === GLOBAL_SCOPE) return undefined;
  return lastDefinition(symbols, name, { scope: GLOBAL_SCOPE, before: Number.POSITIVE_INFINITY });
}

/** Definitions that an instruction in `scope` sees, the nearest of each name. */
export function visibleDefinitions(symbols: SymbolIndex, scope: number, node: number): VariableOccurrence[] {
  const found = new Map<string, VariableOccurrence>();
  for (let at: number | undefined = scope, before = node; at !== undefined; at = symbols.stages[at]?.base) {
    const inScope = at;
    const definitions = symbols.variables.filter(
      (occurrence) => occurrence.definition !== undefined && occurrence.scope === inScope && occurrence.node < before,
    );
    for (const occurrence of definitions.toReversed()) {
      if (!found.has(occurrence.name)) found.set(occurrence.name, occurrence);
    }
    before = Number.POSITIVE_INFINITY;
  }
  return [...found.values()];
}

/** Tells what a variable comes to when no build argument is given; undefined where that is not known. */
export type ValueReader = (occurrence: VariableOccurrence) => string | undefined;

/** Each value is worked out once: definitions may use others many times over. */
export function createValueReader(symbols: SymbolIndex, escapeToken: "\\" | "`"): ValueReader {
  const known = new Map<VariableOccurrence, string | undefined>();

  function read(occurrence: VariableOccurrence, depth: number): string | undefined {
    const value = occurrence.definition?.value;
    if (value === undefined || depth > MAX_DEPTH) return undefined;
    if (!known.has(occurrence)) known.set(occurrence, expandValue(occurrence, value, depth));
    return known.get(occurrence);
  }

  function expandValue(occurrence: VariableOccurrence, value: string, depth: number): string | undefined {
    let isComplete = true;
    const lookup = (name: string) => {
      const definition = findDefinition(symbols, { ...occurrence, name });
      const found = definition === undefined ? undefined : read(definition, depth + 1);
      isComplete &&= found !== undefined;
      return found;
    };
    const result = expand(value, lookup, { escape: escapeToken });
    return "error" in result || !isComplete ? undefined : result.text;
  }

  return (occurrence) => read(occurrence, 0);
}

function lastDefinition(
  { variables }: SymbolIndex,
  name: string,
  { scope, before }: { readonly scope: number; readonly before: number },
): VariableOccurrence | undefined {
  return variables.findLast(
    (occurrence) =>
      occurrence.definition !== undefined &&
      occurrence.name === name &&
      occurrence.scope === scope &&
      occurrence.node < before,
  );
}
