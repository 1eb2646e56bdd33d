import { closeSync, ftruncateSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import type { StoredEntry } from "../tar/step.ts";

/** Writes the sparse files of one tar, expanded, one after the other into a side file that has the same holes. */
export interface SparseExpander {
  /** Returns where the file's content begins in the side file. */
  add(found: StoredEntry, offset: number): number;
  /** Puts the side file in its place; there is none where no file was sparse. */
  finish(): void;
  /** Frees what is open, and removes what was not finished. */
  close(): void;
}

const CHUNK = 1 << 20;

/** @param tar The plain tar. @param target The side file. */
export function expandSparse(tar: string, target: string): SparseExpander {
  const temporary = `${target}.${process.pid}.tmp`;
  let files: { readonly from: number; readonly to: number } | undefined;
  let end = 0;

  const open = () => {
    files ??= { from: openSync(tar, "r"), to: openSync(temporary, "w") };
    return files;
  };

  const add = (found: StoredEntry, offset: number): number => {
    const { from, to } = open();
    const start = end;
    let position = offset;
    for (const span of found.sparse ?? []) {
      copyRange({ from, to, position, target: start + span.offset, size: span.size });
      position += span.size;
    }
    end = start + found.entry.size;
    ftruncateSync(to, end);
    return start;
  };

  const close = (): void => {
    if (files === undefined) return;
    closeSync(files.from);
    closeSync(files.to);
    files = undefined;
    rmSync(temporary, { force: true });
  };

  const finish = (): void => {
    if (files !== undefined) renameSync(temporary, target);
  };

  return { add, finish, close };
}

interface CopyRange {
  readonly from: number;
  readonly to: number;
  readonly position: number;
  readonly target: number;
  readonly size: number;
}

function copyRange({ from, to, position, target, size }: CopyRange): void {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, size));
  for (let done = 0; done < size; ) {
    const read = readSync(from, buffer, 0, Math.min(buffer.length, size - done), position + done);
    if (read === 0) return;
    writeSync(to, buffer, 0, read, target + done);
    done += read;
  }
}
