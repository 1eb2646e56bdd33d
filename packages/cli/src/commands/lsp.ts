import type { Command } from "commander";
import type { Context } from "../context.ts";

export function configure(command: Command, context: Context): void {
  command.option("--stdio", "speak on stdin and stdout, which is all there is").action(async () => {
    const { serve } = await import("../lsp/serve.ts");
    await serve(context.terminal, context.signal);
  });
}
