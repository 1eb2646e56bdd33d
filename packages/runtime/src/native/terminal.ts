import { closeSync, constants, openSync, write } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { ReadStream } from "node:tty";
import { promisify } from "node:util";
import type { Bytes } from "@tsbuild/oci";
import { type BatchHost, INHERITED_FD, runBatch } from "./batch.ts";
import type { Address } from "./script.ts";

/** The near end of a pseudo terminal. */
export interface Terminal {
  /** The far end, in the devpts of the near one. */
  readonly device: string;
  readonly output: ReadStream;
  /** Writes all of `input`, then an end-of-file character. */
  write(input: Bytes): Promise<void>;
  resize(columns: number, rows: number): void;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

const TIOCSPTLCK = 0x40045431;
const TIOCGPTN = 0x80045430;
const TIOCSWINSZ = 0x5414;
const END_OF_FILE = Buffer.of(4);
const RETRY_MS = 5;

/** Makes a new terminal of the device `ptmx` (a process's own, seen through /proc): its far end is then unlocked. */
export function openTerminal(host: BatchHost, ptmx: string, size: TerminalSize): Terminal {
  const fd = openSync(ptmx, constants.O_RDWR | constants.O_NOCTTY);
  let device: string;
  try {
    control(host, fd, [TIOCSPTLCK, Buffer.alloc(8)]);
    control(host, fd, [TIOCSWINSZ, windowSize(size)]);
    device = `/dev/pts/${control(host, fd, [TIOCGPTN, Buffer.alloc(8)]).readUInt32LE()}`;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  const output = new ReadStream(fd);
  return {
    device,
    output,
    write: async (input) => {
      for await (const chunk of input) await writeAll(fd, chunk, output);
      await writeAll(fd, END_OF_FILE, output);
    },
    resize: (columns, rows) => {
      if (!output.destroyed) control(host, fd, [TIOCSWINSZ, windowSize({ columns, rows })]);
    },
  };
}

/** ioctl(2); the argument as the kernel left it. */
function control(host: BatchHost, fd: number, [request, argument]: readonly [number, Uint8Array]): Buffer {
  let results: Address = { offset: 0 };
  const size = argument.length;
  const batch = runBatch({ ...host, inherited: fd }, (script) => {
    results = script.data(argument);
    script.call("ioctl", [INHERITED_FD, request, results]);
    return { results, size };
  });
  return batch.bytes(results, size);
}

/** struct winsize */
function windowSize({ columns, rows }: TerminalSize): Uint8Array {
  const size = Buffer.alloc(8);
  size.writeUInt16LE(rows, 0);
  size.writeUInt16LE(columns, 2);
  return size;
}

const writeBytes = promisify(write);

/** The descriptor does not block: a process that does not read makes it say EAGAIN. */
async function writeAll(fd: number, bytes: Uint8Array, output: ReadStream): Promise<void> {
  for (let done = 0; done < bytes.length && !output.destroyed; ) {
    try {
      done += (await writeBytes(fd, bytes, done, bytes.length - done)).bytesWritten;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      await delay(RETRY_MS);
    }
  }
}
