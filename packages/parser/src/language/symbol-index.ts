import type { KeyValue } from "../ast.ts";
import type { ParseResult } from "../parse.ts";
import type { Range } from "../position.ts";
import { type LogicalLine, rangeOf } from "../syntax/logical-line.ts";
import { offsetIn } from "../syntax/node-lines.ts";
import type { SyntaxNode } from "../syntax/syntax-node.ts";
import { stageReferences } from "./stage-references.ts";
import { variableUses } from "./variable-uses.ts";

/** Instructions in front of the first FROM. */
export const GLOBAL_SCOPE = -1;

/** A stage as far as names go; it begins with its FROM even where that is broken. */
export interface StageSymbol {
  readonly index: number;
  /** Lower-cased. */
  readonly name: string | undefined;
  readonly nameRange: Range | undefined;
  /** As written. */
  readonly image: string;
  /** The index of the stage that this one is built on. */
  readonly base: number | undefined;
  /** Indexes of nodes: the FROM, and the last of the stage. */
  readonly firstNode: number;
  readonly lastNode: number;
}

/** A place where a stage is called by name or number. */
export interface StageReference {
  readonly stage: number;
  readonly range: Range;
  /** False for a number, which no renaming changes. */
  readonly isName: boolean;
  readonly node: number;
}

/** A place where a variable is set or used. */
export interface VariableOccurrence {
  readonly name: string;
  /** Of the name alone. */
  readonly range: Range;
  readonly node: number;
  /** The stage's index or GLOBAL_SCOPE, in which uses in a FROM are. */
  readonly scope: number;
  /** Undefined for a use. */
  readonly definition: VariableDefinition | undefined;
}

export interface VariableDefinition {
  readonly instruction: "ARG" | "ENV";
  /** As written; undefined for `ARG NAME`. */
  readonly value: string | undefined;
}

/** Every name of a file: where it is defined and where it is used, in the order of the text. */
export interface SymbolIndex {
  readonly stages: readonly StageSymbol[];
  readonly stageReferences: readonly StageReference[];
  readonly variables: readonly VariableOccurrence[];
  /** The scope of each node. */
  readonly scopes: readonly number[];
}

export function indexSymbols({ syntax, dockerfile }: ParseResult, lines: readonly LogicalLine[]): SymbolIndex {
  const stages: StageSymbol[] = [];
  const references: StageReference[] = [];
  const variables: VariableOccurrence[] = [];
  const scopes: number[] = [];
  const earlier = new Map<string, number>();
  for (const [index, node] of syntax.nodes.entries()) {
    const line = lines[index];
    if (line === undefined) break;
    if (isFrom(node)) {
      const above = stages.at(-1);
      if (above?.name !== undefined) earlier.set(above.name, above.index);
      stages.push(stageOf(node, stages.length, { firstNode: index, earlier }));
    }
    references.push(...stageReferences(node, { line, node: index, earlier, count: stages.length - 1 }));
    const scope = stages.length - 1;
    scopes.push(scope);
    const where = { node: index, scope: isFrom(node) ? GLOBAL_SCOPE : scope };
    for (const { name, range } of variableUses(node, line, dockerfile.escape)) {
      variables.push({ name, range, ...where, definition: undefined });
    }
    variables.push(...definitions(node, line).map((found) => ({ ...found, ...where })));
  }
  return { stages: stages.map(withLastNode(syntax.nodes.length)), stageReferences: references, variables, scopes };
}

function withLastNode(count: number) {
  return (stage: StageSymbol, index: number, all: readonly StageSymbol[]): StageSymbol => ({
    ...stage,
    lastNode: (all[index + 1]?.firstNode ?? count) - 1,
  });
}

function isFrom({ keyword }: SyntaxNode): boolean {
  return keyword.text.toLowerCase() === "from";
}

function stageOf(
  { args }: SyntaxNode,
  index: number,
  { firstNode, earlier }: { readonly firstNode: number; readonly earlier: ReadonlyMap<string, number> },
): StageSymbol {
  const name = args[1]?.text.toLowerCase() === "as" ? args[2] : undefined;
  const image = args[0]?.text ?? "";
  return {
    index,
    name: name?.text.toLowerCase(),
    nameRange: name?.range,
    image,
    base: earlier.get(image.toLowerCase()),
    firstNode,
    lastNode: firstNode,
  };
}

type Definition = Pick<VariableOccurrence, "name" | "range" | "definition">;

function definitions(node: SyntaxNode, line: LogicalLine): Definition[] {
  const kind = node.keyword.text.toLowerCase();
  if (kind === "env") return node.pairs.map((pair) => definitionOf(pair, "ENV", line));
  if (kind !== "arg") return [];
  return node.args.map(({ text, range }) => {
    const [key = "", ...value] = text.split("=");
    const word = { text: key, range };
    const written = value.length === 0 ? undefined : { text: value.join("="), range };
    return definitionOf({ key: word, value: written, legacy: false }, "ARG", line);
  });
}

function definitionOf({ key, value }: KeyValue, instruction: "ARG" | "ENV", line: LogicalLine): Definition {
  const start = offsetIn(line, key.range.start) ?? 0;
  return {
    name: key.text,
    range: rangeOf(line, start, start + key.text.length),
    definition: { instruction, value: value?.text },
  };
}
