import { gzipSync } from "node:zlib";
import { type Entry, encodeEntry, TAR_END, tarPadding } from "@tsbuild/oci";
import type { Random } from "./random.ts";

/** One file of a context. Parents come before what is in them. */
export interface ContextFile {
  readonly path: string;
  readonly type: "file" | "directory" | "symlink" | "hardlink" | "archive";
  readonly mode: number;
  /** Of files and archives. */
  readonly content?: Uint8Array | string;
  /** Of links: a symlink's text, the path that a hard link shares. */
  readonly target?: string;
  /** The context's owners do not matter to an image: both sides must show that. */
  readonly owner: number;
}

const NAMES = ["a", "b", "dir", "src", "lib", "main.c", "notes.txt", "x.go", "y.txt", "Makefile", "conf.d", "data"];
const ODD_NAMES = ["with space", "ünï", "日本", ".hidden", ".dots", "a+b", "~tilde", "per%cent", "UPPER.TXT", "-dash"];
const FILE_MODES = [0o644, 0o644, 0o644, 0o755, 0o600, 0o640, 0o444, 0o4755, 0o2755, 0o6711, 0o000, 0o111, 0o666];
const DIRECTORY_MODES = [0o755, 0o755, 0o755, 0o700, 0o775, 0o1777, 0o2755, 0o500];

/** A folder of files, folders and links, with what goes wrong in real ones. */
export function randomContext(random: Random): readonly ContextFile[] {
  const files = new Map<string, ContextFile>();
  const folders = [""];
  const add = (file: Omit<ContextFile, "path" | "owner">, path = freePath(random, folders, files)): void => {
    files.set(path, { ...file, path, owner: random.pick([0, 0, 1000, 33]) });
    if (file.type === "directory") folders.push(path);
  };
  for (let left = 1 + random.below(5); left > 0; left--) add({ type: "directory", mode: random.pick(DIRECTORY_MODES) });
  for (let left = 3 + random.below(8); left > 0; left--)
    add({ type: "file", mode: random.pick(FILE_MODES), content: randomContent(random) });
  const paths = [...files.keys()];
  for (let left = random.below(4); left > 0; left--)
    add({ type: "symlink", mode: 0o777, target: symlinkTarget(random, paths) });
  const plain = paths.filter((path) => files.get(path)?.type === "file");
  for (let left = random.below(3); left > 0; left--) {
    const target = random.pick(plain);
    add({ type: "hardlink", mode: files.get(target)?.mode ?? 0o644, target });
  }
  if (random.chance(0.35)) addArchive(random, add);
  return [...files.values()];
}

function addArchive(random: Random, add: (file: Omit<ContextFile, "path" | "owner">, path?: string) => void): void {
  const packed = random.chance(0.5);
  const name = packed ? "pack.tar.gz" : random.pick(["pack.tar", "pack.bin"]);
  const tar = randomTar(random);
  add({ type: "archive", mode: 0o644, content: packed ? gzipSync(tar, { level: 1 }) : tar }, name);
  if (random.chance(0.3)) add({ type: "file", mode: 0o644, content: "no archive at all\n" }, "fake.tar");
}

function freePath(random: Random, folders: readonly string[], taken: ReadonlyMap<string, ContextFile>): string {
  for (let tries = 0; ; tries++) {
    const folder = random.pick(folders);
    const name = random.pick(random.chance(0.25) ? ODD_NAMES : NAMES) + (tries > 20 ? String(tries) : "");
    const path = folder === "" ? name : `${folder}/${name}`;
    if (!taken.has(path)) return path;
  }
}

function randomContent(random: Random): string {
  if (random.chance(0.15)) return "";
  if (random.chance(0.05)) return "0123456789abcdef".repeat(8192);
  return `${random.pick(NAMES)} ${random.below(1000)}\n`;
}

function symlinkTarget(random: Random, paths: readonly string[]): string {
  const path = random.pick(paths);
  const last = path.split("/").at(-1) as string;
  return random.pick([
    last,
    last,
    `/${path}`,
    path,
    `../${last}`,
    ".",
    "..",
    "dangling",
    "/etc/passwd",
    "../../../etc",
  ]);
}

/** An archive for ADD: owners, modes and links of its own. */
function randomTar(random: Random): Uint8Array {
  const folder = random.pick(["pack", "data", "w", "usr/local"]);
  const uid = random.pick([0, 1000, 4242]);
  const base = { uid, gid: random.pick([0, 100, 1000]), size: 0, mtime: 1_600_000_000, mtimeNsec: 0 };
  const file = (path: string, mode: number, text: string): Uint8Array[] => {
    const bytes = Buffer.from(text);
    const entry: Entry = { ...base, path, type: "file", mode, size: bytes.length };
    return [encodeEntry(entry), bytes, new Uint8Array(tarPadding(bytes.length))];
  };
  const parts = [
    ...(random.chance(0.7)
      ? [encodeEntry({ ...base, path: folder, type: "directory", mode: random.pick(DIRECTORY_MODES) })]
      : []),
    ...file(`${folder}/one`, random.pick(FILE_MODES), randomContent(random)),
    ...file(`${folder}/two`, random.pick(FILE_MODES), "two\n"),
    ...(random.chance(0.5) ? file("top", 0o644, "top\n") : []),
    ...(random.chance(0.5)
      ? [encodeEntry({ ...base, path: `${folder}/soft`, type: "symlink", mode: 0o777, linkName: "one" })]
      : []),
    ...(random.chance(0.5)
      ? [encodeEntry({ ...base, path: `${folder}/hard`, type: "hardlink", mode: 0o644, linkName: `${folder}/two` })]
      : []),
  ];
  return Buffer.concat([...parts, TAR_END]);
}

/** Lines of a .dockerignore about these files; undefined: there is none. */
export function randomIgnore(random: Random, files: readonly ContextFile[]): string | undefined {
  if (random.chance(0.7)) return undefined;
  const line = (): string => {
    const path = random.pick(files).path;
    const [first = path] = path.split("/");
    const last = path.split("/").at(-1) as string;
    const extension = last.includes(".", 1) ? `*${last.slice(last.lastIndexOf("."))}` : "*.txt";
    const pattern = random.pick([path, `/${path}`, first, last, extension, `**/${last}`, `*/${last}`, `${first}/*`]);
    const rarer = random.pick([
      `**/${extension}`,
      `${first}/**`,
      `./${path}`,
      `${first}/../${first}`,
      `${first}/`,
      "*/*",
    ]);
    const chosen = random.chance(0.25) ? rarer : pattern;
    return random.chance(0.3) ? `!${chosen}` : chosen;
  };
  const lines = random.some(1, 4, line);
  if (random.chance(0.1)) lines.unshift("*", `!${random.pick(files).path}`);
  if (random.chance(0.2))
    lines.splice(random.below(lines.length), 0, random.pick(["# a comment", "", "  ", "Dockerfile"]));
  return `${lines.join("\n")}\n`;
}
