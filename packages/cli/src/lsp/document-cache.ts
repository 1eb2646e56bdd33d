import { ALL_RULES, type Diagnostic, diagnose, type LanguageDocument, openDocument } from "@tsbuild/parser";
import type { TextDocuments } from "vscode-languageserver/node.js";
import type { TextDocument } from "vscode-languageserver-textdocument";

/** The open files, each read once per change. */
export interface DocumentCache {
  /** An empty file where the client asks about one that is not open. */
  documentOf(uri: string): LanguageDocument;
  diagnosticsOf(uri: string): readonly Diagnostic[];
}

interface Entry {
  readonly document: LanguageDocument;
  readonly diagnostics: readonly Diagnostic[];
}

export function createDocumentCache(documents: TextDocuments<TextDocument>): DocumentCache {
  const entries = new WeakMap<TextDocument, Entry & { readonly version: number }>();

  function entryOf(uri: string): Entry {
    const source = documents.get(uri);
    if (source === undefined) return read("");
    const known = entries.get(source);
    if (known?.version === source.version) return known;
    const entry = { ...read(source.getText()), version: source.version };
    entries.set(source, entry);
    return entry;
  }

  return {
    documentOf: (uri) => entryOf(uri).document,
    diagnosticsOf: (uri) => entryOf(uri).diagnostics,
  };
}

function read(text: string): Entry {
  const document = openDocument(text);
  return { document, diagnostics: diagnose(document, { rules: ALL_RULES }) };
}
