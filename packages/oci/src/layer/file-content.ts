import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { TsbuildError } from "../error.ts";

/** An open file that content is copied from. */
export interface FileContent {
  readonly descriptor: number;
  /** Where to begin. @default 0 */
  readonly position?: number;
  /** The size of the whole file, where all of it is meant; -1: it is no regular file and nothing can be read. */
  readonly size?: number;
}

/** Neither through a symlink put in the file's place, nor waiting for the other end of a FIFO. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a file to copy all of it; a number is a file that is open already and stays the caller's.
 * @throws TsbuildError FILE_UNREADABLE
 */
export function openContent(source: string | number): FileContent {
  const descriptor = typeof source === "number" ? source : openFile(source);
  const stat = fstatSync(descriptor);
  return { descriptor, position: 0, size: stat.isFile() ? stat.size : -1 };
}

/** Keeps the file opened last open, because ranges of one layer come one after the other. */
export function keepOpen(): { open(file: string): { readonly descriptor: number }; close(): void } {
  let last: { readonly file: string; readonly descriptor: number } | undefined;
  const close = (): void => {
    if (last !== undefined) closeSync(last.descriptor);
    last = undefined;
  };
  const open = (file: string) => {
    if (last?.file === file) return last;
    close();
    last = { file, descriptor: openFile(file) };
    return last;
  };
  return { open, close };
}

function openFile(path: string): number {
  try {
    return openSync(path, FLAGS);
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
}

function unreadable(path: string, cause: NodeJS.ErrnoException): TsbuildError {
  const message =
    cause.code === "ELOOP" ? `${path} has become a symlink while it was read` : `cannot read ${path} (${cause.code})`;
  return new TsbuildError("FILE_UNREADABLE", message, { cause });
}
