import { INSTRUCTION_NAMES } from "../instructions/read-instruction.ts";
import type { CompletionContext, CompletionOption } from "./completion.ts";
import { DIRECTIVE_DOCS, INSTRUCTION_DOCS, PLATFORM_VARIABLES } from "./instruction-docs.ts";
import type { LanguageDocument } from "./language-document.ts";
import { createValueReader, visibleDefinitions } from "./resolve-variable.ts";
import { GLOBAL_SCOPE } from "./symbol-index.ts";

/** Keywords that may begin a line: above the first FROM only two. */
export function instructionOptions({ scope }: CompletionContext): CompletionOption[] {
  return INSTRUCTION_NAMES.filter((name) => scope !== GLOBAL_SCOPE || name === "FROM" || name === "ARG").map((name) => {
    const doc = INSTRUCTION_DOCS[name];
    return { label: name, kind: "instruction", detail: doc?.forms[0] ?? name, documentation: doc?.summary ?? "" };
  });
}

/** Directives that are not there yet. */
export function directiveOptions({ parsed }: LanguageDocument): CompletionOption[] {
  const present = new Set(parsed.dockerfile.directives.map(({ name }) => name));
  return Object.entries(DIRECTIVE_DOCS)
    .filter(([name]) => !present.has(name))
    .map(([name, documentation]) => ({ label: `${name}=`, kind: "directive", documentation }));
}

/** Variables that an instruction sees. */
export function variableOptions({ document, index, scope }: CompletionContext): CompletionOption[] {
  const { symbols, parsed } = document;
  const isFrom = parsed.syntax.nodes[index]?.keyword.text.toLowerCase() === "from";
  const visible = visibleDefinitions(symbols, isFrom ? GLOBAL_SCOPE : scope, index);
  const readValue = createValueReader(symbols, parsed.dockerfile.escape);
  const defined = visible.map((occurrence): CompletionOption => {
    const value = readValue(occurrence);
    const detail = `${occurrence.definition?.instruction ?? ""}${value === undefined ? "" : ` ${value}`}`;
    return { label: occurrence.name, kind: "variable", detail };
  });
  return isFrom || scope === GLOBAL_SCOPE ? [...defined, ...platformOptions()] : defined;
}

/** Names that a stage may take over with ARG. */
export function argOptions({ document }: CompletionContext): CompletionOption[] {
  const globals = visibleDefinitions(document.symbols, GLOBAL_SCOPE, Number.POSITIVE_INFINITY);
  const options = globals.map(({ name, definition }): CompletionOption => {
    return { label: name, kind: "variable", detail: definition?.value ?? "" };
  });
  return [...options, ...platformOptions()];
}

/** Stages above an instruction; itself excluded. */
export function stageOptions({ document, index }: CompletionContext): CompletionOption[] {
  const { stages } = document.symbols;
  return stages
    .filter(({ lastNode }) => lastNode < index)
    .map(({ name, image, index: number }) => ({
      label: name ?? String(number),
      kind: "stage",
      detail: `FROM ${image}`,
    }));
}

function platformOptions(): CompletionOption[] {
  return Object.entries(PLATFORM_VARIABLES).map(([label, documentation]) => ({
    label,
    kind: "variable",
    documentation,
  }));
}
