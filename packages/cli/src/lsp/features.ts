import {
  codeActions,
  completionsAt,
  definitionAt,
  documentSymbols,
  foldingRanges,
  formattingEdits,
  hoverAt,
  referencesAt,
  renameAt,
  renameRangeAt,
  semanticTokens,
} from "@tsbuild/parser";
import {
  type Connection,
  LSPErrorCodes,
  ResponseError,
  SemanticTokensBuilder,
  type TextDocumentPositionParams,
} from "vscode-languageserver/node.js";
import {
  fromPosition,
  fromRange,
  TOKEN_TYPES,
  toCodeAction,
  toCompletionItem,
  toDocumentSymbol,
  toFoldingRange,
  toHover,
  toRange,
  toTextEdit,
} from "./convert.ts";
import type { DocumentCache } from "./document-cache.ts";

/** Answers a client's questions with the functions of the parser's language service. */
export function registerFeatures(connection: Connection, cache: DocumentCache): void {
  const at = ({ textDocument, position }: TextDocumentPositionParams) =>
    [cache.documentOf(textDocument.uri), fromPosition(position)] as const;

  connection.onCompletion((params) => completionsAt(...at(params)).map(toCompletionItem));
  connection.onHover((params) => toHover(hoverAt(...at(params))));
  connection.onDefinition((params) => {
    const range = definitionAt(...at(params));
    return range === undefined ? null : { uri: params.textDocument.uri, range: toRange(range) };
  });
  connection.onReferences((params) => {
    const { uri } = params.textDocument;
    const options = { includeDefinition: params.context.includeDeclaration };
    return referencesAt(...at(params), options).map((range) => ({ uri, range: toRange(range) }));
  });
  connection.onPrepareRename((params) => {
    const range = renameRangeAt(...at(params));
    return range === undefined ? null : toRange(range);
  });
  connection.onRenameRequest((params) => {
    const edits = renameAt(...at(params), params.newName);
    if (edits === undefined) return new ResponseError(LSPErrorCodes.RequestFailed, cannotRename(params.newName));
    return { changes: { [params.textDocument.uri]: edits.map(toTextEdit) } };
  });
  registerFileFeatures(connection, cache);
}

function registerFileFeatures(connection: Connection, cache: DocumentCache): void {
  connection.onDocumentSymbol(({ textDocument }) =>
    documentSymbols(cache.documentOf(textDocument.uri)).map(toDocumentSymbol),
  );
  connection.onFoldingRanges(({ textDocument }) =>
    foldingRanges(cache.documentOf(textDocument.uri)).map(toFoldingRange),
  );
  // The editor's indentation is not used: what it formats must pass `tsbuild fmt --check`.
  connection.onDocumentFormatting(({ textDocument }) =>
    formattingEdits(cache.documentOf(textDocument.uri)).map(toTextEdit),
  );
  connection.onCodeAction(({ textDocument: { uri }, range }) =>
    codeActions(cache.diagnosticsOf(uri), fromRange(range)).map((action) => toCodeAction(action, uri)),
  );
  connection.languages.semanticTokens.on(({ textDocument }) => {
    const builder = new SemanticTokensBuilder();
    for (const { range, type } of semanticTokens(cache.documentOf(textDocument.uri))) {
      const { start, end } = toRange(range);
      builder.push(start.line, start.character, end.character - start.character, TOKEN_TYPES.indexOf(type), 0);
    }
    return builder.build();
  });
}

function cannotRename(newName: string): string {
  return `there is nothing to rename here, or ${JSON.stringify(newName)} is no name for it`;
}
