import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { Context } from "./context.ts";
import { usageError } from "./usage-error.ts";

/**
 * Asks for one line on the terminal. With `hidden`, what is typed is not shown.
 * @throws TsbuildError USAGE where stdin is no terminal
 */
export async function ask(context: Context, question: string, { hidden }: { hidden: boolean }): Promise<string> {
  const { stdin, stderr } = context.terminal;
  if (!stdin.isTTY) throw usageError("there is no terminal to ask on", { hint: "say --username and --password-stdin" });
  stderr.write(question);
  // In raw mode, readline itself echoes: into nothing where the answer is a secret.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: hidden ? nowhere : stderr, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once("line", resolve);
      lines.once("SIGINT", () => context.interrupts.abort("SIGINT"));
      lines.once("close", () => resolve(""));
      context.signal.addEventListener("abort", () => reject(context.signal.reason), { once: true });
    });
  } finally {
    lines.close();
    if (hidden) stderr.write("\n");
  }
}
