import type { Bytes } from "@tsbuild/oci";
import type { Execution, ProcessSpec } from "@tsbuild/runtime";
import { chunkWriter } from "../chunk-writer.ts";
import type { Context } from "../context.ts";
import type { Terminal } from "../terminal.ts";

/** Writes a stream to its end, no faster than it is taken. A reader that went away is no error: the rest is dropped. */
export async function drain(bytes: Bytes, into: NodeJS.WriteStream): Promise<void> {
  const write = chunkWriter(into);
  for await (const chunk of bytes) await write(chunk);
}

/** The size of the terminal that a process gets. */
export function terminalSize({ stdout }: Terminal): NonNullable<ProcessSpec["terminal"]> {
  return { columns: stdout.columns || 80, rows: stdout.rows || 24 };
}

/** Connects the user's terminal with the process's: keys as they come, sizes as they change. Undone by the result. */
export function attachTerminal({ terminal }: Context, execution: Execution): () => void {
  const { stdin, stdout } = terminal;
  const resize = (): void => {
    const { columns, rows } = terminalSize(terminal);
    execution.resize(columns, rows);
  };
  const raw = stdin.isTTY && !stdin.isRaw;
  if (raw) stdin.setRawMode(true);
  stdout.on("resize", resize);
  return () => {
    stdout.off("resize", resize);
    if (raw) stdin.setRawMode(false);
  };
}
