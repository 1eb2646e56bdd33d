import { createInterface } from "node:readline/promises";
import type { Context } from "./context.ts";

/** Asks a yes-or-no question on stderr; anything but `y` and `yes`, and the end of input, means no. */
export async function confirm(context: Context, question: string): Promise<boolean> {
  const { stdin, stderr } = context.terminal;
  stderr.write(`${question} [y/N] `);
  const lines = createInterface({ input: stdin });
  try {
    context.signal.addEventListener("abort", () => lines.close(), { once: true });
    for await (const line of lines) return /^y(?:es)?$/i.test(line.trim());
    context.signal.throwIfAborted();
    return false;
  } finally {
    lines.close();
  }
}
