import type { Bytes } from "../bytes.ts";
import { truncated } from "./step.ts";

/** Takes a stream of bytes apart by lengths. */
export interface ByteReader {
  /**
   * Exactly `length` bytes, valid until the next call; undefined at the end of the stream.
   * @throws TsbuildError TAR_INVALID where the stream ends in between
   */
  read(length: number): Promise<Uint8Array | undefined>;
  /**
   * Between 1 and `limit` bytes, as they come.
   * @throws TsbuildError TAR_INVALID at the end of the stream
   */
  take(limit: number): Promise<Uint8Array>;
  /** Frees what is behind the stream. */
  close(): Promise<void>;
}

export function createByteReader(bytes: Bytes): ByteReader {
  const iterator = bytes[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();

  /** Makes sure that `rest` is not empty; false at the end of the stream. */
  const pull = async (): Promise<boolean> => {
    while (rest.length === 0) {
      const next = await iterator.next();
      if (next.done) return false;
      rest = next.value;
    }
    return true;
  };

  const cut = (limit: number): Uint8Array => {
    const piece = rest.subarray(0, limit);
    rest = rest.subarray(piece.length);
    return piece;
  };

  const take = async (limit: number): Promise<Uint8Array> => {
    if (!(await pull())) throw truncated();
    return cut(limit);
  };

  const read = async (length: number): Promise<Uint8Array | undefined> => {
    if (length === 0) return new Uint8Array();
    if (!(await pull())) return undefined;
    if (rest.length >= length) return cut(length);
    const pieces: Uint8Array[] = [];
    for (let left = length; left > 0; ) {
      const piece = await take(left);
      pieces.push(piece);
      left -= piece.length;
    }
    return Buffer.concat(pieces);
  };

  return {
    read,
    take,
    async close() {
      await iterator.return?.();
    },
  };
}
