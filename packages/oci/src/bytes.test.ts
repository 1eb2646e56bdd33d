import { expect, test } from "vitest";
import { type Bytes, bytesOf, readAll, verified } from "./bytes.ts";
import { type Digest, digestOf } from "./digest.ts";
import { TsbuildError } from "./error.ts";

async function* chunks(...parts: string[]): Bytes & AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

const target = (text: string, size = text.length) => ({ mediaType: "text/plain", digest: digestOf(text), size });

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return TsbuildError.is(error) ? error.code : String(error);
}

test("readAll gives all bytes, up to its limit", async () => {
  expect(Buffer.from(await readAll(chunks("ab", "cd"), { limit: 4 })).toString()).toBe("abcd");
  expect((await readAll(bytesOf(""), { limit: 0 })).byteLength).toBe(0);
  expect(await codeOf(readAll(chunks("ab", "cd"), { limit: 3 }))).toBe("CONTENT_TOO_LARGE");
});

test("readAll rejects with the reason of an abort", async () => {
  const reason = new Error("enough");
  await expect(readAll(chunks("a"), { limit: 9, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test.each<[string, ReturnType<typeof target>, string[], string]>([
  ["one byte too many", target("abc"), ["abc", "d"], "SIZE_MISMATCH"],
  ["one byte too few", target("abc"), ["ab"], "SIZE_MISMATCH"],
  ["other content of the same size", target("abc"), ["abd"], "DIGEST_MISMATCH"],
  [
    "another algorithm",
    { ...target("abc"), digest: `sha512:${"0".repeat(128)}` as Digest },
    ["abc"],
    "DIGEST_MISMATCH",
  ],
])("verified fails on %s", async (_, descriptor, parts, code) => {
  expect(await codeOf(readAll(verified(descriptor, chunks(...parts)), { limit: 99 }))).toBe(code);
});

test("verified stops reading as soon as there is too much", async () => {
  let read = 0;
  const endless = async function* () {
    for (;;) {
      read += 1;
      yield Buffer.alloc(10);
    }
  };
  expect(await codeOf(readAll(verified(target("abc"), endless()), { limit: 1e9 }))).toBe("SIZE_MISMATCH");
  expect(read).toBe(1);
});
