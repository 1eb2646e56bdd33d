import type {
  CodeAction,
  Completion,
  Diagnostic,
  DocumentSymbol,
  FoldingRange,
  Hover,
  Position,
  Range,
  SemanticTokenType,
  TextEdit,
} from "@tsbuild/parser";
import type * as lsp from "vscode-languageserver/node.js";
import {
  CodeActionKind,
  CompletionItemKind,
  DiagnosticSeverity,
  FoldingRangeKind,
  MarkupKind,
  SymbolKind,
} from "vscode-languageserver/node.js";

/** The legend of semantic tokens; their names are the protocol's own. */
export const TOKEN_TYPES: readonly SemanticTokenType[] = [
  "comment",
  "macro",
  "keyword",
  "parameter",
  "variable",
  "namespace",
  "string",
];

const COMPLETION_KINDS: Readonly<Record<Completion["kind"], CompletionItemKind>> = {
  instruction: CompletionItemKind.Keyword,
  keyword: CompletionItemKind.Keyword,
  flag: CompletionItemKind.Property,
  value: CompletionItemKind.Value,
  stage: CompletionItemKind.Module,
  variable: CompletionItemKind.Variable,
  directive: CompletionItemKind.Property,
};

const SYMBOL_KINDS: Readonly<Record<DocumentSymbol["kind"], SymbolKind>> = {
  stage: SymbolKind.Module,
  variable: SymbolKind.Variable,
  instruction: SymbolKind.Function,
};

/** Lines count from 0 in the protocol, from 1 here; columns are UTF-16 code units in both. */
export function toPosition({ line, column }: Position): lsp.Position {
  return { line: line - 1, character: column };
}

export function fromPosition({ line, character }: lsp.Position): Position {
  return { line: line + 1, column: character };
}

export function toRange({ start, end }: Range): lsp.Range {
  return { start: toPosition(start), end: toPosition(end) };
}

export function fromRange({ start, end }: lsp.Range): Range {
  return { start: fromPosition(start), end: fromPosition(end) };
}

export function toTextEdit({ range, newText }: TextEdit): lsp.TextEdit {
  return { range: toRange(range), newText };
}

const SEVERITIES = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
} as const;

export function toDiagnostic(diagnostic: Diagnostic): lsp.Diagnostic {
  const { code, severity, message, hint, url, range } = diagnostic;
  return {
    range: toRange(range),
    severity: SEVERITIES[severity],
    code,
    ...(url === undefined ? {} : { codeDescription: { href: url } }),
    source: "tsbuild",
    message: hint === undefined ? message : `${message}\n${hint}`,
  };
}

export function toCompletionItem(completion: Completion): lsp.CompletionItem {
  const { label, kind, detail, documentation, range } = completion;
  return {
    label,
    kind: COMPLETION_KINDS[kind],
    ...(detail === undefined ? {} : { detail }),
    ...(documentation === undefined ? {} : { documentation: { kind: MarkupKind.Markdown, value: documentation } }),
    textEdit: { range: toRange(range), newText: label },
  };
}

export function toHover(hover: Hover | undefined): lsp.Hover | null {
  if (hover === undefined) return null;
  return { contents: { kind: MarkupKind.Markdown, value: hover.contents }, range: toRange(hover.range) };
}

export function toDocumentSymbol({ name, kind, range, selectionRange, children }: DocumentSymbol): lsp.DocumentSymbol {
  return {
    name,
    kind: SYMBOL_KINDS[kind],
    range: toRange(range),
    selectionRange: toRange(selectionRange),
    children: children.map(toDocumentSymbol),
  };
}

export function toFoldingRange({ startLine, endLine, kind }: FoldingRange): lsp.FoldingRange {
  const lines = { startLine: startLine - 1, endLine: endLine - 1 };
  return kind === "comment" ? { ...lines, kind: FoldingRangeKind.Comment } : lines;
}

export function toCodeAction({ title, edits, diagnostic }: CodeAction, uri: string): lsp.CodeAction {
  return {
    title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [toDiagnostic(diagnostic)],
    isPreferred: true,
    edit: { changes: { [uri]: edits.map(toTextEdit) } },
  };
}
