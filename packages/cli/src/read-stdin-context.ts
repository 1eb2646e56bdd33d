import { type Bytes, readAll } from "@tsbuild/oci";
import type { Context } from "./context.ts";
import { MAX_DOCKERFILE_BYTES } from "./read-source.ts";

/** What stdin holds: a Dockerfile, or an archive of a whole context, of which only the beginning has been read. */
export type StdinContext = { readonly text: string } | { readonly archive: Bytes };

/** The beginnings of packed archives: gzip, bzip2, xz, zstd. */
const MAGIC = ["1f8b", "425a68", "fd377a585a00", "28b52ffd"];
/** A tar begins with a block of this size, which always has zeros in it. */
const BLOCK = 512;

/**
 * Looks at the first bytes of stdin to see which of the two it is.
 * @throws TsbuildError CONTENT_TOO_LARGE
 */
export async function readStdinContext({ terminal, signal }: Context): Promise<StdinContext> {
  const chunks = terminal.stdin[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let head = Buffer.alloc(0);
  let ended = false;
  while (head.length < BLOCK && !ended) {
    signal.throwIfAborted();
    const { done, value } = await chunks.next();
    if (done === true) ended = true;
    else head = Buffer.concat([head, value]);
  }
  const all = continued(head, chunks);
  if (isArchive(head)) return { archive: all };
  const content = await readAll(all, { limit: MAX_DOCKERFILE_BYTES, signal });
  return { text: Buffer.from(content).toString("utf8") };
}

function isArchive(head: Buffer): boolean {
  const start = head.toString("hex", 0, 8);
  return MAGIC.some((magic) => start.startsWith(magic)) || head.subarray(0, BLOCK).includes(0);
}

async function* continued(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}
