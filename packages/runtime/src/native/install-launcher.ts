import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TsbuildError } from "@tsbuild/oci";
import { LAUNCHER_ELF, type LauncherArch } from "./launcher-elf.ts";
import { createScript } from "./script.ts";

/** The launcher for this machine, if there is one. */
export function launcherArch(arch: string = process.arch): LauncherArch | undefined {
  return arch === "x64" || arch === "arm64" ? arch : undefined;
}

/**
 * Puts the launcher where it can be executed, and checks that it can: first in `folders`, then in memory, then among the
 * temporary files. A launcher that lies there already is used if its bytes are right.
 * @returns its file
 * @throws TsbuildError RUNTIME_UNAVAILABLE
 */
export function installLauncher(arch: LauncherArch, folders: readonly string[]): string {
  const elf = Buffer.from(LAUNCHER_ELF[arch], "base64");
  const digest = createHash("sha256").update(elf).digest("hex");
  const user = process.getuid?.() ?? 0;
  const shared = ["/dev/shm", tmpdir()].map((folder) => join(folder, `tsbuild-${user}`));
  const reasons: string[] = [];
  for (const folder of [...folders, ...shared]) {
    try {
      const file = join(folder, `launcher-${digest.slice(0, 16)}`);
      placeLauncher(folder, file, elf);
      tryLauncher(arch, file, folder);
      return file;
    } catch (error) {
      reasons.push(`${folder}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new TsbuildError("RUNTIME_UNAVAILABLE", `no folder to execute the launcher from (${reasons.join("; ")})`, {
    hint: "Choose a root on a file system that is not mounted noexec.",
  });
}

function placeLauncher(folder: string, file: string, elf: Buffer): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stats = lstatSync(folder);
  if (!stats.isDirectory() || stats.uid !== process.getuid?.() || (stats.mode & 0o022) !== 0) {
    throw new Error("not a folder of ours alone");
  }
  if (isLauncher(file, elf)) return;
  const temporary = `${file}.${process.pid}`;
  try {
    writeFileSync(temporary, elf, { mode: 0o700, flag: "wx" });
    chmodSync(temporary, 0o700);
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function isLauncher(file: string, elf: Buffer): boolean {
  try {
    const stats = lstatSync(file);
    return stats.isFile() && stats.uid === process.getuid?.() && readFileSync(file).equals(elf);
  } catch {
    return false;
  }
}

/** Runs the shortest script there is. */
function tryLauncher(arch: LauncherArch, file: string, folder: string): void {
  const script = createScript(arch);
  script.call("exit_group", [42]);
  const scriptFile = join(folder, `try-${process.pid}`);
  try {
    writeFileSync(scriptFile, script.assemble().bytes);
    for (let attempt = 0; ; attempt++) {
      const outcome = spawnSync("/bin/sh", ["-c", 'exec "$0" 3<"$1"', file, scriptFile], { stdio: "ignore" });
      if (outcome.status === 42) return;
      if (attempt === 3) throw new Error(outcome.error?.message ?? `it ended with status ${outcome.status}`);
    }
  } finally {
    rmSync(scriptFile, { force: true });
  }
}
