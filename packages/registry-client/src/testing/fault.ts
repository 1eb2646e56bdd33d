import { setTimeout as sleep } from "node:timers/promises";
import type { Bytes } from "@tsbuild/oci";
import type { Exchange, Reply } from "./exchange.ts";

/** What goes wrong. Offsets and lengths are in bytes. */
export type FaultAction =
  /** Answers with this instead. */
  | {
      readonly type: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Closes the connection without an answer. */
  | { readonly type: "close" }
  /** Closes the connection when so much of the request's body has come. */
  | { readonly type: "cut-request"; readonly after: number }
  /** Closes the connection when so much of the answer's body has gone. */
  | { readonly type: "cut"; readonly after: number }
  /** Ends the answer early, and without a Content-Length that would tell. */
  | { readonly type: "truncate"; readonly after: number }
  /** Changes one byte of the answer. */
  | { readonly type: "corrupt"; readonly at: number }
  /** Goes on after the end of the answer. */
  | { readonly type: "extra"; readonly bytes: number }
  | { readonly type: "delay"; readonly ms: number }
  /** Sends the body no faster than this. */
  | { readonly type: "throttle"; readonly bytesPerSecond: number }
  /** Sends the client to another place, with path and query of the request. */
  | { readonly type: "redirect"; readonly status?: number; readonly origin: string }
  /** Does what was asked and says another status. */
  | { readonly type: "answer"; readonly status: number }
  /** Sets a header of the answer, or takes it away. */
  | { readonly type: "header"; readonly name: string; readonly value: string | undefined }
  /** Answers as if no range had been asked for. */
  | { readonly type: "ignore-range" };

/** A rule for what goes wrong when. */
export interface Fault {
  /** @default any */
  readonly method?: string;
  /** Matched against path and query. @default any */
  readonly path?: RegExp;
  /** So many matching requests go well before. @default 0 */
  readonly skip?: number;
  /** So many requests are hit. @default 1 */
  readonly times?: number;
  readonly action: FaultAction;
}

/** The connection is to be closed: there is no answer. */
export class ClosedConnection extends Error {
  override readonly name: string = "ClosedConnection";
}

type Handler = (exchange: Exchange) => Promise<Reply>;

export interface FaultRules {
  add(...faults: readonly Fault[]): void;
  clear(): void;
  /** Runs `handle` with what goes wrong this time. */
  run(exchange: Exchange, handle: Handler): Promise<Reply>;
}

export function createFaultRules(initial: readonly Fault[]): FaultRules {
  const rules = initial.map(counted);
  return {
    add(...faults) {
      rules.push(...faults.map(counted));
    },
    clear() {
      rules.length = 0;
    },
    run(exchange, handle) {
      const actions = rules.filter((rule) => rule.hits(exchange)).map((rule) => rule.action);
      const faulty = actions.reduceRight<Handler>((next, action) => (e) => applyFault(action, e, next), handle);
      return faulty(exchange);
    },
  };
}

function counted({ method, path, skip = 0, times = 1, action }: Fault) {
  let seen = 0;
  return {
    action,
    hits(exchange: Exchange): boolean {
      if (method !== undefined && method !== exchange.method) return false;
      if (path !== undefined && !path.test(exchange.url.pathname + exchange.url.search)) return false;
      seen++;
      return seen > skip && seen <= skip + times;
    },
  };
}

async function applyFault(action: FaultAction, exchange: Exchange, next: Handler): Promise<Reply> {
  switch (action.type) {
    case "status": {
      const { status, headers = {}, body = "" } = action;
      return { status, headers, size: Buffer.byteLength(body), body: one(Buffer.from(body)) };
    }
    case "close":
      throw new ClosedConnection();
    case "cut-request":
      return next({ ...exchange, body: cut(exchange.body, action.after) });
    case "delay":
      await sleep(action.ms);
      return next(exchange);
    case "redirect": {
      const location = action.origin + exchange.url.pathname + exchange.url.search;
      return { status: action.status ?? 307, headers: { location }, size: 0 };
    }
    case "ignore-range": {
      const { range: _, ...headers } = exchange.headers;
      return next({ ...exchange, headers });
    }
    default:
      return changedReply(action, await next(exchange));
  }
}

type ReplyFault = Extract<
  FaultAction,
  { type: "answer" | "throttle" | "cut" | "truncate" | "corrupt" | "extra" | "header" }
>;

function changedReply(action: ReplyFault, reply: Reply): Reply {
  const { body = one(new Uint8Array()), size: _, ...head } = reply;
  switch (action.type) {
    case "answer":
      return { ...reply, status: action.status };
    case "throttle":
      return { ...reply, body: throttled(body, action.bytesPerSecond) };
    case "cut":
      return { ...reply, body: cut(body, action.after) };
    case "truncate":
      return { ...head, body: truncated(body, action.after) };
    case "corrupt":
      return { ...reply, body: corrupted(body, action.at) };
    case "extra":
      return { ...head, body: followed(body, new Uint8Array(action.bytes)) };
    case "header": {
      const { [action.name]: _old, ...headers } = reply.headers ?? {};
      return { ...reply, headers: action.value === undefined ? headers : { ...headers, [action.name]: action.value } };
    }
    default:
      return reply;
  }
}

async function* one(bytes: Uint8Array): Bytes & AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* cut(bytes: Bytes, after: number): Bytes & AsyncGenerator<Uint8Array> {
  yield* truncated(bytes, after);
  throw new ClosedConnection();
}

async function* truncated(bytes: Bytes, after: number): Bytes & AsyncGenerator<Uint8Array> {
  let left = after;
  for await (const chunk of bytes) {
    if (left > 0) yield chunk.subarray(0, left);
    left -= chunk.byteLength;
    if (left <= 0) return;
  }
}

async function* throttled(bytes: Bytes, bytesPerSecond: number): Bytes & AsyncGenerator<Uint8Array> {
  const piece = Math.max(1, Math.ceil(bytesPerSecond / 50));
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.byteLength; at += piece) {
      await sleep(20);
      yield chunk.subarray(at, at + piece);
    }
  }
}

async function* corrupted(bytes: Bytes, at: number): Bytes & AsyncGenerator<Uint8Array> {
  let offset = 0;
  for await (const chunk of bytes) {
    const copy = Uint8Array.from(chunk);
    const place = at - offset;
    if (place >= 0 && place < copy.byteLength) copy[place] = (copy[place] ?? 0) ^ 0xff;
    offset += copy.byteLength;
    yield copy;
  }
}

async function* followed(bytes: Bytes, more: Uint8Array): Bytes & AsyncGenerator<Uint8Array> {
  yield* bytes;
  yield more;
}
