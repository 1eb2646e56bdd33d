import { type Bytes, bytesOf } from "@tsbuild/oci";
import type { RegistryStorage } from "./storage.ts";

/** A request on its way through the registry. */
export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Bytes;
  readonly storage: RegistryStorage;
}

/** What is answered. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Bytes;
  /** The length of `body`. Undefined with a body: its end is the end of the connection. */
  readonly size?: number;
}

export function jsonReply(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  const text = JSON.stringify(value);
  const all = { "content-type": "application/json", ...headers };
  return { status, headers: all, size: Buffer.byteLength(text), body: bytesOf(text) };
}

/** An error in the form and the codes of the distribution spec. */
export function errorReply(status: number, code: string, message: string): Reply {
  return jsonReply(status, { errors: [{ code, message }] });
}
