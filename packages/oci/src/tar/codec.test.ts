import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import * as tarStream from "tar-stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readAll } from "../bytes.ts";
import { tarPadding } from "./block.ts";
import type { Entry } from "./entry.ts";
import { decodeName } from "./name.ts";
import { readTar } from "./read.ts";
import { createTarScanner } from "./scan.ts";
import { encodeEntry, TAR_END } from "./write.ts";

const hasTar = spawnSync("tar", ["--version"]).stdout?.toString().includes("GNU") === true;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-tar-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function entryOf(fields: Partial<Entry>): Entry {
  return { path: "f", type: "file", mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0, ...fields };
}

interface Packed {
  readonly entry: Entry;
  readonly content: Uint8Array;
}

function pack(files: readonly Packed[]): Buffer {
  const parts = files.flatMap(({ entry, content }) => [
    encodeEntry(entry),
    content,
    new Uint8Array(tarPadding(content.length)),
  ]);
  return Buffer.concat([...parts, TAR_END]);
}

/** In pieces of odd lengths, so that every boundary is crossed somewhere. */
async function* pieces(bytes: Uint8Array, length = 777): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function unpack(bytes: Uint8Array, length?: number): Promise<Packed[]> {
  const files: Packed[] = [];
  for await (const { entry, body } of readTar(pieces(bytes, length)))
    files.push({ entry, content: await readAll(body, { limit: 1 << 26 }) });
  return files;
}

const HARD: readonly (readonly [string, Partial<Entry>])[] = [
  ["binary attribute", { xattrs: new Map([["security.capability", Buffer.of(1, 0, 0, 2, 0x80, 0xff, 0x0a, 0x3d)]]) }],
  [
    "several attributes",
    {
      xattrs: new Map([
        ["user.a", Buffer.from("1")],
        ["user.b", Buffer.from("\n=")],
      ]),
    },
  ],
  ["name of 100 bytes", { path: "n".repeat(100) }],
  ["name of 101 bytes", { path: "n".repeat(101) }],
  ["name over 256 bytes", { path: `${"d".repeat(200)}/${"n".repeat(200)}` }],
  ["name that is cut at a slash", { path: `${"d".repeat(99)}/n` }],
  ["name that is not ASCII", { path: "gr\u00fc\u00df/\u{1f600}" }],
  ["name that is not UTF-8", { path: decodeName(Uint8Array.of(0x61, 0xe9, 0xff)) }],
  ["name with spaces and newlines", { path: " a\nb=c " }],
  ["user 2^21 - 1", { uid: 2 ** 21 - 1, gid: 2 ** 21 - 1 }],
  ["user 2^21", { uid: 2 ** 21, gid: 2 ** 31 }],
  ["time before 1970", { mtime: -1 }],
  ["time before 1970 with nanoseconds", { mtime: -2, mtimeNsec: 500_000_001 }],
  ["time over 2^33", { mtime: 2 ** 33 }],
  ["nanoseconds", { mtime: 5, mtimeNsec: 120 }],
  ["mode 0", { mode: 0 }],
  ["set-user-ID and sticky", { mode: 0o7777 }],
  ["empty directory", { type: "directory", path: "d", mode: 0o1777 }],
  ["directory with a long name", { type: "directory", path: "d".repeat(150) }],
  ["symlink", { type: "symlink", linkName: "../x//y/" }],
  ["symlink to a long name", { type: "symlink", linkName: "t".repeat(300) }],
  ["symlink to a name that is not UTF-8", { type: "symlink", linkName: decodeName(Uint8Array.of(0xfe)) }],
  ["hard link", { type: "hardlink", linkName: "a/b" }],
  ["character device", { type: "char", devMajor: 1, devMinor: 3 }],
  ["whiteout device", { type: "char", devMajor: 0, devMinor: 0 }],
  ["block device", { type: "block", devMajor: 259, devMinor: 1_048_575 }],
  ["fifo", { type: "fifo" }],
];

describe("entries come back as they were written", () => {
  test.each(HARD)("%s", async (_name, fields) => {
    const entry = entryOf(fields);
    const [found, after] = await unpack(
      pack([
        { entry, content: new Uint8Array() },
        { entry: entryOf({ path: "z" }), content: new Uint8Array() },
      ]),
    );
    expect(found?.entry).toEqual(entry);
    expect(after?.entry.path).toBe("z");
  });

  test.each(HARD)("%s: the same bytes each time", (_name, fields) => {
    expect(encodeEntry(entryOf(fields))).toEqual(encodeEntry(entryOf(fields)));
  });

  test.skipIf(!hasTar)("GNU tar lists them all (needs GNU tar)", () => {
    const file = join(folder, "hard.tar");
    writeFileSync(file, pack(HARD.map(([, fields]) => ({ entry: entryOf(fields), content: new Uint8Array() }))));
    const listed = execFileSync("tar", ["--numeric-owner", "--quoting-style=escape", "-tvf", file]).toString();
    expect(listed.trim().split("\n").length).toBe(HARD.length);
    expect(listed).toContain("a\\351\\377");
    expect(listed).toContain("2097152/2147483648");
    expect(listed).toContain("2242-03-16");
  });

  test("a name with a NUL, a negative user, half a second: refused", () => {
    for (const fields of [
      { path: "a\0b" },
      { uid: -1 },
      { mtime: 0.5 },
      { xattrs: new Map([["a=b", new Uint8Array()]]) },
    ])
      expect(() => encodeEntry(entryOf(fields))).toThrow(expect.objectContaining({ code: "ENTRY_INVALID" }));
  });
});

const name = fc.stringMatching(/^[a-z\u00e0-\u00ff]{1,12}(\/[a-z ]{1,40}){0,4}$/);
const plainFile: fc.Arbitrary<Packed> = fc
  .record({
    path: name,
    mode: fc.integer({ min: 1, max: 0o7777 }),
    uid: fc.nat(200_000),
    gid: fc.nat(200_000),
    mtime: fc.nat(2 ** 31 - 1),
    content: fc.uint8Array({ maxLength: 2000 }),
  })
  .map(({ content, ...fields }) => ({ entry: entryOf({ ...fields, size: content.length }), content }));

describe("this reader and writer agree with tar-stream", () => {
  test("it reads what we write", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plainFile, { maxLength: 5 }), async (files) => {
        const extract = tarStream.extract();
        extract.end(pack(files));
        const found: Packed[] = [];
        for await (const stream of extract) {
          const { name: path, mode, uid, gid, size, mtime } = stream.header;
          const content = await readAll(stream, { limit: 1 << 20 });
          const entry = entryOf({
            path,
            mode: mode ?? 0,
            uid: uid ?? 0,
            gid: gid ?? 0,
            size: size ?? 0,
            mtime: Number(mtime) / 1000,
          });
          found.push({ entry, content: Uint8Array.from(content) });
        }
        expect(found).toEqual(files);
      }),
      { numRuns: 50 },
    );
  });

  test("we read what it writes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(plainFile, { maxLength: 5 }),
        fc.integer({ min: 1, max: 3000 }),
        async (files, length) => {
          const packer = tarStream.pack();
          for (const { entry, content } of files)
            packer.entry(
              {
                name: entry.path,
                mode: entry.mode,
                uid: entry.uid,
                gid: entry.gid,
                mtime: new Date(entry.mtime * 1000),
              },
              Buffer.from(content),
            );
          packer.finalize();
          const found = await unpack(await readAll(packer, { limit: 1 << 22 }), length);
          expect(found.map(({ entry, content }) => ({ entry, content: Uint8Array.from(content) }))).toEqual(files);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("the scanner sees what the reader sees", () => {
  test("at every cut", async () => {
    const files = HARD.map(([, fields], index) => {
      const content = Buffer.alloc((fields.type ?? "file") === "file" ? index * 100 : 0, index);
      return { entry: entryOf({ ...fields, size: content.length }), content };
    });
    const bytes = pack(files);
    for (const length of [1, 511, 512, 513, 4096, bytes.length]) {
      const found: Packed[] = [];
      const scanner = createTarScanner(({ entry, stored }, offset) => {
        found.push({ entry, content: bytes.subarray(offset, offset + stored) });
      });
      for await (const piece of pieces(bytes, length)) scanner.write(piece);
      scanner.end();
      expect(found).toEqual(files);
    }
  });
});

describe.skipIf(!hasTar)("what GNU tar writes (needs GNU tar)", () => {
  const content = Buffer.concat([
    Buffer.from("begin"),
    Buffer.alloc(300_000),
    Buffer.from("middle"),
    Buffer.alloc(2 << 20),
    Buffer.from("end"),
  ]);
  let tree: string;
  beforeAll(() => {
    tree = join(folder, "tree");
    const longName = `${"d".repeat(120)}/${"n".repeat(140)}`;
    const script =
      'mkdir -p "$1/$(dirname "$2")" && cd "$1" && echo long > "$2" && ln "$2" hard && ln -s "$2" soft && mkfifo pipe';
    execFileSync("sh", ["-c", script, "sh", tree, longName]);
    writeFileSync(join(tree, "holes"), content);
    execFileSync("cp", ["--sparse=always", join(tree, "holes"), join(tree, "sparse")]);
    rmSync(join(tree, "holes"));
  });

  test.each([
    ["gnu", []],
    ["gnu", ["-S"]],
    ["posix", []],
    ["posix", ["-S"]],
    ["posix", ["-S", "--sparse-version=0.0"]],
    ["posix", ["-S", "--sparse-version=0.1"]],
    ["gnu", ["--owner=x:3000000", "--mtime=@-5"]],
  ])("%s %j", async (format, options) => {
    const file = join(folder, "gnu.tar");
    execFileSync("tar", [`--format=${format}`, ...options, "--sort=name", "-C", tree, "-cf", file, "."]);
    const bytes = readFileSync(file);
    const found = new Map((await unpack(bytes)).map((packed) => [packed.entry.path, packed]));
    const longName = `${"d".repeat(120)}/${"n".repeat(140)}`;
    expect([...found.keys()]).toEqual(["", "d".repeat(120), longName, "hard", "pipe", "soft", "sparse"]);
    expect(found.get("hard")?.entry.linkName).toBe(longName);
    expect(found.get("soft")?.entry.linkName).toBe(longName);
    expect(found.get("pipe")?.entry.type).toBe("fifo");
    expect(Buffer.from(found.get(longName)?.content ?? []).toString()).toBe("long\n");
    expect(Buffer.compare(found.get("sparse")?.content ?? new Uint8Array(), content)).toBe(0);
    if (options.includes("-S")) expect(bytes.length).toBeLessThan(200_000);
    if (options.includes("--mtime=@-5")) expect(found.get("hard")?.entry).toMatchObject({ mtime: -5, uid: 3_000_000 });
  });
});

describe("bad archives", () => {
  const good = pack([{ entry: entryOf({ path: "a", size: 3 }), content: Buffer.from("abc") }]);
  const long = pack([{ entry: entryOf({ path: "n".repeat(120) }), content: new Uint8Array() }]);
  const patched = (offset: number, text: string): Buffer => {
    const bytes = Buffer.from(good);
    bytes.write(text, offset, "latin1");
    bytes.write("        ", 148, "latin1");
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    return bytes;
  };

  test.each([
    ["cut off in a header", good.subarray(0, 300)],
    ["cut off in a body", good.subarray(0, 514)],
    ["cut off in padding", good.subarray(0, 600)],
    ["cut off after a PAX header", long.subarray(0, 1024)],
    ["a wrong checksum", Buffer.concat([Buffer.from("b"), good.subarray(1)])],
    ["not a tar at all", Buffer.alloc(1024, "text")],
    ["a size of garbage", patched(124, "00zz")],
    ["a negative size", patched(124, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")],
    ["a size beyond all numbers", patched(124, "\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")],
    ["an unknown type", patched(156, "Q")],
    ["a sparse file without a map", patched(156, "S")],
    ["a huge PAX header", patched(124, "77777777777")].map((value, index) =>
      index === 1 ? withType(value as Buffer, "x") : value,
    ) as [string, Buffer],
    ["zeros between entries", Buffer.concat([new Uint8Array(512), good])],
  ])("%s", async (_name, bytes) => {
    await expect(unpack(bytes)).rejects.toMatchObject({ code: "TAR_INVALID" });
    const scan = () => {
      const scanner = createTarScanner(() => undefined);
      scanner.write(bytes);
      scanner.end();
    };
    expect(scan).toThrow(expect.objectContaining({ code: "TAR_INVALID" }));
  });

  test.each([
    ["no end marker", good.subarray(0, 1024)],
    ["half an end marker", good.subarray(0, 1536)],
    ["another archive behind the end marker", Buffer.concat([good, long])],
  ])("tolerated: %s", async (_name, bytes) => {
    expect((await unpack(bytes)).map(({ entry }) => entry.path)).toEqual(["a"]);
  });

  test.each([
    ["../../etc/passwd", "etc/passwd"],
    ["/etc/passwd", "etc/passwd"],
    ["a/../../b", "b"],
    ["./a//b/./c", "a/b/c"],
    ["..", ""],
    ["./", ""],
    ["...", "..."],
  ])("the name %s cannot leave the root", async (path, safe) => {
    const [found] = await unpack(pack([{ entry: entryOf({ path }), content: new Uint8Array() }]));
    expect(found?.entry.path).toBe(safe);
    const [link] = await unpack(
      pack([{ entry: entryOf({ type: "hardlink", linkName: path }), content: new Uint8Array() }]),
    );
    expect(link?.entry.linkName).toBe(safe);
  });

  test("any bytes: an error of ours or an end, never a crash", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(1500), async (noise, at) => {
        const bytes = Buffer.concat([long, good.subarray(0, 1024)]);
        bytes.set(noise.subarray(0, Math.max(0, bytes.length - at)), at);
        await unpack(bytes).catch((error: unknown) => expect(error).toMatchObject({ code: "TAR_INVALID" }));
      }),
    );
  });
});

function withType(bytes: Buffer, type: string): Buffer {
  const old = bytes[156] as number;
  bytes.write(type, 156, "latin1");
  const sum = Number.parseInt(bytes.toString("latin1", 148, 154), 8) - old + type.charCodeAt(0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return bytes;
}
