import type { Bytes } from "../bytes.ts";
import { tarPadding } from "./block.ts";
import { type ByteReader, createByteReader } from "./byte-reader.ts";
import type { Entry } from "./entry.ts";
import { tarSteps } from "./parse.ts";
import type { StoredEntry, TarInput } from "./step.ts";

/** An entry of a tar that is being read, and its content. */
export interface TarFile {
  readonly entry: Entry;
  /** The content; it can be read once, and only until the next entry is asked for. What is not read is passed over. */
  readonly body: Bytes;
}

/** Zeros of holes are given out in pieces of this size. */
const ZEROS = 64 * 1024;

/**
 * Reads a plain tar: V7, ustar, PAX, GNU and star headers, long names, sparse files (their holes are filled with zeros).
 * Names are made relative to the root and cannot leave it. Reading stops at the end marker; what follows is not read.
 *
 * @throws TsbuildError TAR_INVALID where the archive is malformed or cut off
 */
export async function* readTar(bytes: Bytes): AsyncGenerator<TarFile> {
  const reader = createByteReader(bytes);
  const steps = tarSteps();
  try {
    let input: TarInput;
    for (let step = steps.next(); !step.done; step = steps.next(input)) {
      if ("read" in step.value) {
        input = await reader.read(step.value.read);
        continue;
      }
      const body = openBody(reader, step.value.found);
      yield { entry: step.value.found.entry, body: body.bytes };
      await body.passOver();
    }
  } finally {
    await reader.close();
  }
}

interface Body {
  readonly bytes: Bytes;
  /** Reads what nobody wanted, and the padding. */
  passOver(): Promise<void>;
}

function openBody(reader: ByteReader, { entry, stored, sparse }: StoredEntry): Body {
  let left = stored;
  let closed = false;

  async function* storedBytes(size: number): AsyncGenerator<Uint8Array> {
    for (let wanted = size; wanted > 0 && !closed; ) {
      const piece = await reader.take(wanted);
      wanted -= piece.length;
      left -= piece.length;
      yield piece;
    }
  }

  async function* expanded(): AsyncGenerator<Uint8Array> {
    let at = 0;
    for (const span of [...(sparse ?? []), { offset: entry.size, size: 0 }]) {
      yield* zeros(span.offset - at);
      yield* storedBytes(span.size);
      at = span.offset + span.size;
    }
  }

  const passOver = async (): Promise<void> => {
    closed = true;
    for (let rest = left + tarPadding(stored); rest > 0; ) rest -= (await reader.take(rest)).length;
  };

  return { bytes: sparse === undefined ? storedBytes(stored) : expanded(), passOver };
}

function* zeros(count: number): Generator<Uint8Array> {
  for (let left = count; left > 0; left -= ZEROS) yield new Uint8Array(Math.min(left, ZEROS));
}
