import { createHash } from "node:crypto";
import type { Digest, TreeEntry } from "@tsbuild/oci";
import { octalMode } from "./mode.ts";
import type { CopyAction, Selected } from "./select.ts";

/**
 * A digest over everything of the selected files that ends up in the image: names, types, bytes, link targets, extended
 * attributes, and mode and owner where the COPY does not set them itself. Never their times.
 *
 * Each entry is one line of JSON, so that no two different selections have the same text.
 */
export function checksumOf(selected: readonly Selected[], action: CopyAction): Digest {
  const modeKept = action.mode === undefined || octalMode(action.mode) === undefined;
  const hash = createHash("sha256");
  for (const { name, source, entries } of selected) {
    const ownerKept = action.owner === undefined && !source.live;
    const linked = new Map<string, string>();
    hash.update(`${JSON.stringify(["item", name ?? null])}\n`);
    for (const { path, entry } of entries) {
      const { type, mode, uid, gid } = entry;
      const attributes = [type, modeKept ? mode : null, ownerKept ? [uid, gid] : null];
      const content = type === "file" ? source.digest(entry) : null;
      const row = [path, ...attributes, ...specialsOf(entry), linkOf(linked, path, entry.linkGroup), content];
      hash.update(`${JSON.stringify(row)}\n`);
    }
  }
  return `sha256:${hash.digest("hex")}`;
}

function specialsOf({ linkName, devMajor, devMinor, xattrs }: TreeEntry): readonly unknown[] {
  const attributes = [...(xattrs ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  return [linkName ?? null, devMajor ?? null, devMinor ?? null, attributes.map(([key, value]) => [key, hexOf(value)])];
}

/** The first name of a hard-linked file among those that are copied: links to files elsewhere change nothing. */
function linkOf(linked: Map<string, string>, path: string, group: string | undefined): string | null {
  if (group === undefined) return null;
  const first = linked.get(group);
  if (first === undefined) linked.set(group, path);
  return first ?? null;
}

/**
 * Tells whether most of the bytes would have to be read for the checksum: then they are better read once, for checksum
 * and layer together.
 */
export function isMostlyUnread(selected: readonly Selected[]): boolean {
  let unread = 0;
  let read = 0;
  for (const { source, entries } of selected) {
    if (!source.live) continue;
    for (const { entry } of entries) {
      if (entry.type !== "file") continue;
      // The open and close of a file cost about as much as reading this much of it.
      const cost = entry.size + 16384;
      if (source.knownDigest(entry) === undefined) unread += cost;
      else read += cost;
    }
  }
  return unread > read;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
