import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as lsp from "vscode-languageserver-protocol/node.js";
import { TSBUILD } from "../support/tsbuild.ts";

const uri = "file:///work/Dockerfile";
const TEXT = "FROM node:22 AS build\nARG V=1\nrun  echo $V\nFROM scratch\nCOPY --from=build /a /b\nRNU x\n";

/** An editor: the protocol's own client library, and a server process. */
interface Client {
  readonly connection: lsp.MessageConnection;
  readonly child: ChildProcess;
  readonly initialized: lsp.InitializeResult;
  /** Settles when the server next tells about the file. */
  diagnostics(): Promise<readonly lsp.Diagnostic[]>;
  open(text: string): Promise<readonly lsp.Diagnostic[]>;
  at(line: number, character: number): lsp.TextDocumentPositionParams;
}

async function start(): Promise<Client> {
  const child = spawn(process.execPath, [TSBUILD, "lsp", "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
  const connection = lsp.createMessageConnection(
    new lsp.StreamMessageReader(child.stdout),
    new lsp.StreamMessageWriter(child.stdin),
  );
  connection.listen();
  const diagnostics = () =>
    new Promise<readonly lsp.Diagnostic[]>((done) => {
      const listener = connection.onNotification(lsp.PublishDiagnosticsNotification.type, (params) => {
        listener.dispose();
        done(params.diagnostics);
      });
    });
  const initialized = await connection.sendRequest(lsp.InitializeRequest.type, {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
  });
  await connection.sendNotification(lsp.InitializedNotification.type, {});
  return {
    connection,
    child,
    initialized,
    diagnostics,
    async open(text) {
      const told = diagnostics();
      const textDocument = { uri, languageId: "dockerfile", version: 1, text };
      await connection.sendNotification(lsp.DidOpenTextDocumentNotification.type, { textDocument });
      return told;
    },
    at: (line, character) => ({ textDocument: { uri }, position: { line, character } }),
  };
}

async function stop({ connection, child }: Client): Promise<number | null> {
  const exited = once(child, "exit");
  await connection.sendRequest(lsp.ShutdownRequest.type);
  await connection.sendNotification(lsp.ExitNotification.type);
  const [code] = (await exited) as [number | null];
  connection.dispose();
  return code;
}

describe("tsbuild lsp", () => {
  let client: Client;
  beforeEach(async () => {
    client = await start();
  });
  afterEach(() => {
    if (client.child.exitCode === null) client.child.kill();
  });

  test("says what it can do, and ends when it is told", async () => {
    expect(client.initialized.serverInfo?.name).toBe("tsbuild");
    expect(client.initialized.capabilities).toMatchObject({ hoverProvider: true, documentFormattingProvider: true });
    expect(await stop(client)).toBe(0);
  });

  test("ends when the client goes away", async () => {
    const exited = once(client.child, "exit");
    client.child.stdin?.end();
    expect(await exited).toEqual([1, null]);
    client.connection.dispose();
  });

  test("diagnostics follow the text", async () => {
    const { connection, open, diagnostics } = client;
    const first = await open(TEXT);
    expect(first.map(({ code, range }) => [code, range.start.line])).toContainEqual(["UNKNOWN_INSTRUCTION", 5]);
    expect(first[0]).toMatchObject({ source: "tsbuild" });
    const told = diagnostics();
    await connection.sendNotification(lsp.DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version: 2 },
      contentChanges: [{ range: { start: { line: 5, character: 0 }, end: { line: 5, character: 3 } }, text: "RUN" }],
    });
    expect((await told).map(({ code }) => code)).not.toContain("UNKNOWN_INSTRUCTION");
    const cleared = diagnostics();
    await connection.sendNotification(lsp.DidCloseTextDocumentNotification.type, { textDocument: { uri } });
    expect(await cleared).toEqual([]);
    expect(await stop(client)).toBe(0);
  });

  test("completion, hover, definition, references, rename", async () => {
    const { connection, open, at } = client;
    await open(TEXT);
    const items = (await connection.sendRequest(lsp.CompletionRequest.type, at(4, 12))) as lsp.CompletionItem[];
    expect(items.map(({ label }) => label)).toEqual(["build"]);
    const hover = await connection.sendRequest(lsp.HoverRequest.type, at(2, 12));
    expect(JSON.stringify(hover)).toContain("ARG V=1");
    const definition = await connection.sendRequest(lsp.DefinitionRequest.type, at(4, 14));
    expect(definition).toEqual({ uri, range: { start: { line: 0, character: 16 }, end: { line: 0, character: 21 } } });
    const context = { includeDeclaration: true };
    const references = await connection.sendRequest(lsp.ReferencesRequest.type, { ...at(1, 4), context });
    expect(references?.map(({ range }) => range.start.line)).toEqual([1, 2]);
    expect(await connection.sendRequest(lsp.PrepareRenameRequest.type, at(1, 4))).not.toBeNull();
    const edit = await connection.sendRequest(lsp.RenameRequest.type, { ...at(1, 4), newName: "W" });
    expect(edit?.changes?.[uri]?.map(({ newText }) => newText)).toEqual(["W", "W"]);
    await expect(connection.sendRequest(lsp.RenameRequest.type, { ...at(1, 4), newName: "a b" })).rejects.toMatchObject(
      { code: lsp.LSPErrorCodes.RequestFailed },
    );
    expect(await stop(client)).toBe(0);
  });

  test("code actions and formatting", async () => {
    const { connection, open } = client;
    const diagnostics = await open(TEXT);
    const textDocument = { uri };
    const broken = diagnostics.find(({ code }) => code === "UNKNOWN_INSTRUCTION");
    const range = broken?.range ?? { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
    const actions = (await connection.sendRequest(lsp.CodeActionRequest.type, {
      textDocument,
      range,
      context: { diagnostics: [] },
    })) as lsp.CodeAction[];
    expect(actions[0]).toMatchObject({ title: "Change to RUN", kind: "quickfix" });
    expect(actions[0]?.edit?.changes?.[uri]).toEqual([{ range, newText: "RUN" }]);
    const options = { tabSize: 2, insertSpaces: true };
    const none = await connection.sendRequest(lsp.DocumentFormattingRequest.type, { textDocument, options });
    expect(none).toEqual([]);
    await open("from a\nrun b \\\n c\n");
    const edits = await connection.sendRequest(lsp.DocumentFormattingRequest.type, { textDocument, options });
    expect(edits?.map(({ newText }) => newText).join("")).toBe("FROM a\nRUN b \\\n    c\n");
    expect(await stop(client)).toBe(0);
  });

  test("outline, folding, semantic tokens", async () => {
    const { connection, open } = client;
    await open(TEXT);
    const params = { textDocument: { uri } };
    const symbols = (await connection.sendRequest(lsp.DocumentSymbolRequest.type, params)) as lsp.DocumentSymbol[];
    expect(symbols.map(({ name }) => name)).toEqual(["build (node:22)", "scratch"]);
    const folds = await connection.sendRequest(lsp.FoldingRangeRequest.type, params);
    expect(folds).toContainEqual({ startLine: 0, endLine: 2 });
    const tokens = await connection.sendRequest(lsp.SemanticTokensRequest.type, params);
    expect(tokens?.data.slice(0, 5)).toEqual([0, 0, 4, 2, 0]);
    expect(await stop(client)).toBe(0);
  });
});
