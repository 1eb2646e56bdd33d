import type { BuildEvent } from "@tsbuild/builder";
import { TsbuildError } from "@tsbuild/oci";
import type { Display } from "./display.ts";

/** Every event as one line of JSON. Output of a process is `text` where it is UTF-8, else `data` in base64. */
export function jsonDisplay(write: (text: string) => void): Display {
  return {
    event: (event) => write(`${JSON.stringify(plainEvent(event))}\n`),
    close: () => undefined,
  };
}

/** The event as JSON can say it. */
export function plainEvent(event: BuildEvent): Record<string, unknown> {
  if (event.type === "vertex.log") {
    const { data, ...rest } = event;
    const text = utf8(data);
    return text === undefined ? { ...rest, data: Buffer.from(data).toString("base64") } : { ...rest, text };
  }
  if (event.type === "vertex.failed") return { ...event, error: plainError(event.error) };
  return { ...event };
}

function plainError(error: Error): Record<string, unknown> {
  if (!TsbuildError.is(error)) return { message: error.message };
  return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}

function utf8(data: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return undefined;
  }
}
