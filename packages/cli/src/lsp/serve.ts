import { createConnection, TextDocuments } from "vscode-languageserver/node.js";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { Terminal } from "../terminal.ts";
import { version } from "../version.ts";
import { CAPABILITIES } from "./capabilities.ts";
import { toDiagnostic } from "./convert.ts";
import { createDocumentCache } from "./document-cache.ts";
import { registerFeatures } from "./features.ts";

/**
 * Speaks the Language Server Protocol on stdin and stdout until the client says `exit` or goes away, which ends the process,
 * or until `signal` aborts.
 */
export function serve({ stdin, stdout }: Terminal, signal: AbortSignal): Promise<void> {
  const connection = createConnection(stdin, stdout);
  const documents = new TextDocuments(TextDocument);
  const cache = createDocumentCache(documents);
  connection.onInitialize(() => ({
    capabilities: CAPABILITIES,
    serverInfo: { name: "tsbuild", version: version() },
  }));
  documents.onDidChangeContent(({ document: { uri, version } }) => {
    const diagnostics = cache.diagnosticsOf(uri).map(toDiagnostic);
    // Nobody waits for it: a client that is gone ends the process.
    void connection.sendDiagnostics({ uri, version, diagnostics });
  });
  documents.onDidClose(({ document: { uri } }) => void connection.sendDiagnostics({ uri, diagnostics: [] }));
  registerFeatures(connection, cache);
  documents.listen(connection);
  connection.listen();
  return new Promise((resolve) => {
    signal.addEventListener(
      "abort",
      () => {
        connection.dispose();
        stdin.destroy();
        resolve();
      },
      { once: true },
    );
  });
}
