import { chmodSync, lstatSync, readdirSync, rmdirSync, unlinkSync } from "node:fs";

/**
 * Removes a folder and all in it, also where a folder in it forbids that to its owner (overlay's own working folder has
 * mode 0). Symlinks are removed, never followed. What is absent is no error. Names may be any bytes.
 */
export function removeTree(path: string | Buffer): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return;
  if (!stats.isDirectory()) {
    unlinkSync(path);
    return;
  }
  if ((stats.mode & 0o700) !== 0o700) chmodSync(path, 0o700);
  const prefix = Buffer.concat([Buffer.from(path as Buffer), Buffer.from("/")]);
  for (const name of readdirSync(path, { encoding: "buffer" })) removeTree(Buffer.concat([prefix, name]));
  rmdirSync(path);
}

/** The bytes that a tree takes on disk, other names of one file counted once. */
export function measureTree(path: string | Buffer, seen: Set<number> = new Set()): number {
  const stats = lstatSync(path);
  const own = seen.has(stats.ino) ? 0 : stats.blocks * 512;
  if (stats.nlink > 1) seen.add(stats.ino);
  if (!stats.isDirectory()) return own;
  const prefix = Buffer.concat([Buffer.from(path as Buffer), Buffer.from("/")]);
  return readdirSync(path, { encoding: "buffer" }).reduce(
    (sum, name) => sum + measureTree(Buffer.concat([prefix, name]), seen),
    own,
  );
}
