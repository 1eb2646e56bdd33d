import { renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * Writes a file by a temporary one beside it, so that no reader ever sees half of it. Not synced: it is for what can be
 * made anew, and what a crash damages counts as absent.
 */
export function writeWhole(file: string, content: string | Uint8Array): void {
  const temporary = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`;
  try {
    writeFileSync(temporary, content, { flag: "wx", mode: 0o600 });
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
}
