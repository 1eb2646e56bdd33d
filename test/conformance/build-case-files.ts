import { spawnSync } from "node:child_process";
import {
  chmodSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Entry, encodeEntry, TAR_END, tarPadding } from "@tsbuild/oci";
import type { ArchiveEntry, CaseContent, CaseFile } from "./build-case-format.ts";

/** Writes the files of a context below `root`. Times of folders are set last: writing into them changes them. */
export async function writeFiles(root: string, files: readonly CaseFile[]): Promise<void> {
  mkdirSync(root, { recursive: true });
  const isLink = ({ type }: CaseFile): boolean => type === "hardlink";
  for (const file of [...files.filter((one) => !isLink(one)), ...files.filter(isLink)]) {
    mkdirSync(dirname(join(root, file.path)), { recursive: true });
    await writeOne(root, file);
    setAttributes(join(root, file.path), file);
  }
  for (const { path, mtime, type } of [...files].reverse()) {
    if (mtime === undefined) continue;
    if (type === "symlink") lutimesSync(join(root, path), mtime, mtime);
    else utimesSync(join(root, path), mtime, mtime);
  }
}

async function writeOne(root: string, file: CaseFile): Promise<void> {
  const path = join(root, file.path);
  if (file.type === "dir") mkdirSync(path, { recursive: true });
  else if (file.type === "symlink") symlinkSync(file.target ?? "", path);
  else if (file.type === "hardlink") linkSync(join(root, file.target ?? ""), path);
  else if (file.type === "socket") await leaveSocket(path);
  else writeFileSync(path, bytesOf(file));
}

function setAttributes(path: string, { type, mode, uid, gid, xattrs }: CaseFile): void {
  if (uid !== undefined || gid !== undefined) lchownSync(path, uid ?? 0, gid ?? 0);
  // No mode: one that upstream computes, of a script that is run.
  if (type !== "symlink" && mode !== undefined)
    chmodSync(path, Number.parseInt(/^[0-7]+$/.test(mode ?? "") ? String(mode) : "755", 8));
  for (const [name, value] of Object.entries(xattrs ?? {})) spawnSync("setfattr", ["-n", name, "-v", value, path]);
}

/** A socket's file stays where its server is gone without closing. */
function leaveSocket(path: string): Promise<void> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on("error", fail);
    server.listen(path, () => {
      server.unref();
      done();
    });
  });
}

/** The bytes that a case describes. */
export function bytesOf({ content = "", content_b64, fill_byte, size, archive }: CaseContent): Uint8Array {
  if (content_b64 !== undefined) return Buffer.from(content_b64, "base64");
  if (fill_byte !== undefined) return Buffer.alloc(size ?? 0, fill_byte);
  if (archive === undefined) return Buffer.from(content);
  const tar = Buffer.concat([...archive.entries.flatMap(tarOf), TAR_END]);
  return archive.gzip === true ? gzipSync(tar) : tar;
}

const TYPES = { reg: "file", dir: "directory", symlink: "symlink", hardlink: "hardlink", link: "hardlink" } as const;

function tarOf(entry: ArchiveEntry): readonly Uint8Array[] {
  const bytes = Buffer.from(entry.content ?? "");
  const { name, type, mode = "0", uid = 0, gid = 0, mtime = 0, linkname, xattrs } = entry;
  const described: Entry = {
    ...{ path: name.replace(/\/$/, ""), type: TYPES[type], mode: Number.parseInt(mode, 8), uid, gid },
    ...{ size: bytes.length, mtime, mtimeNsec: 0 },
    ...(linkname === undefined ? {} : { linkName: linkname }),
    ...(xattrs === undefined ? {} : { xattrs: new Map(Object.entries(xattrs).map(([k, v]) => [k, Buffer.from(v)])) }),
  };
  return [encodeEntry(described), bytes, Buffer.alloc(tarPadding(bytes.length))];
}
