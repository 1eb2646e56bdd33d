import {
  chmodSync,
  constants,
  copyFileSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";

/** Copies a file or a folder with all in it to a new place: contents, symlinks, modes, owners, times. Devices are left out. */
export function copyTree(source: string, target: string): void {
  const stats = lstatSync(source);
  if (stats.isSymbolicLink()) {
    symlinkSync(readlinkSync(source), target);
  } else if (stats.isDirectory()) {
    mkdirSync(target);
    for (const name of readdirSync(source)) copyTree(join(source, name), join(target, name));
  } else if (stats.isFile()) {
    copyFileSync(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } else {
    return;
  }
  lchownSync(target, stats.uid, stats.gid);
  if (stats.isSymbolicLink()) return;
  chmodSync(target, stats.mode & 0o7777);
  utimesSync(target, stats.atimeMs / 1000, stats.mtimeMs / 1000);
}
