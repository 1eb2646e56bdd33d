import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Bytes } from "@tsbuild/oci";
import { createAuthGate, type TestAuth } from "./auth.ts";
import type { Exchange, Reply } from "./exchange.ts";
import { createFaultRules, type Fault } from "./fault.ts";
import { pullThrough, type Upstream } from "./pull-through.ts";
import { route } from "./routes.ts";
import { createFolderStorage, createMemoryStorage } from "./storage.ts";

export interface TestRegistryOptions {
  /** Keeps everything in this folder. @default in memory */
  readonly directory?: string;
  /** @default open to all */
  readonly auth?: TestAuth;
  /** Key and certificate, PEM. @default plain HTTP */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly faults?: readonly Fault[];
  /** @default any free port */
  readonly port?: number;
  /** The address to listen at. @default 127.0.0.1: this machine only */
  readonly address?: string;
  /** Where what is not here is fetched from and then kept; undefined: nowhere. */
  readonly upstream?: Upstream;
  /** Whether {@link TestRegistry.requests} is kept. @default true */
  readonly record?: boolean;
}

/** What was asked of the registry. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The number of the connection it came by, from 1. */
  readonly connection: number;
  /** 0 until, and where never, answered. */
  status: number;
  /** Bytes of body that came. */
  received: number;
}

export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`: the registry's part of a reference. */
  readonly host: string;
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  /** All requests so far, in order of arrival. */
  readonly requests: readonly RecordedRequest[];
  addFault(...faults: readonly Fault[]): void;
  /** From now on all goes well. */
  clearFaults(): void;
  close(): Promise<void>;
}

/** Starts a registry in this process, on the loopback interface unless told otherwise, that follows the distribution spec 1.1 until told otherwise. */
export async function createTestRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const { directory, auth, tls, faults = [], port = 0, address = "127.0.0.1", record: recording = true } = options;
  const storage = directory === undefined ? createMemoryStorage() : createFolderStorage(directory);
  const gate = createAuthGate(auth);
  const answer = options.upstream === undefined ? route : pullThrough(route, options.upstream);
  const rules = createFaultRules(faults);
  const requests: RecordedRequest[] = [];
  const connections = new WeakMap<object, number>();
  let lastConnection = 0;
  let origin = "";

  const listener: RequestListener = async (request, response) => {
    const url = new URL(request.url ?? "/", origin);
    const connection = connections.get(request.socket) ?? ++lastConnection;
    connections.set(request.socket, connection);
    const record = startRecord(request, url, connection);
    if (recording) requests.push(record);
    const body = counted(request, record);
    const exchange: Exchange = { method: record.method, url, headers: record.headers, body, storage };
    try {
      const reply = await rules.run(exchange, async (passed) => (await gate.check(passed)) ?? answer(passed));
      record.status = reply.status;
      await sendReply(request, response, reply);
    } catch {
      // A fault that was ordered, or a client that went away: either way nobody is there to be told.
      request.socket.destroy();
    }
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
  const host = `${hostOf(address)}:${(server.address() as AddressInfo).port}`;
  origin = `${tls === undefined ? "http" : "https"}://${host}`;

  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return { host, origin, requests, addFault: rules.add, clearFaults: rules.clear, close, [Symbol.asyncDispose]: close };
}

/** The address as a reference names it; where it stands for all addresses, this machine's own. */
function hostOf(address: string): string {
  if (address === "0.0.0.0" || address === "::") return "127.0.0.1";
  return address.includes(":") ? `[${address}]` : address;
}

function startRecord(request: IncomingMessage, url: URL, connection: number): RecordedRequest {
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
  const { pathname: path, searchParams: query } = url;
  return { method: request.method ?? "", path, query, headers, connection, status: 0, received: 0 };
}

async function* counted(request: IncomingMessage, record: RecordedRequest): Bytes & AsyncGenerator<Uint8Array> {
  // The answer may come before the end of the request: leaving the loop must not close the connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    record.received += chunk.length;
    yield chunk;
  }
}

async function sendReply(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  response.useChunkedEncodingByDefault = false;
  const framing = reply.size === undefined ? { connection: "close" } : { "content-length": reply.size };
  response.writeHead(reply.status, { ...reply.headers, ...framing });
  if (request.method !== "HEAD" && reply.body !== undefined) {
    for await (const chunk of reply.body) await written(response, chunk);
  }
  response.end();
  request.resume();
}

function written(response: ServerResponse, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
