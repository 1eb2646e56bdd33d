// Brings a fresh clone to a working state with nothing but Node and npm: the pinned pnpm, the dependencies, the build.
// Safe to run again: what is up to date is left alone.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The project's root folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const STAMP = join(root, "node_modules", ".tsbuild-setup");

/** Runs a program in the project's root, its output passed through; ends this process where it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** What the installed dependencies depend on. */
function fingerprint() {
  const hash = createHash("sha256");
  const manifests = readdirSync(join(root, "packages")).map((name) => join("packages", name, "package.json"));
  for (const file of ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests.sort()])
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

function install() {
  const wanted = fingerprint();
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted) return;
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  console.log(`installing the dependencies with ${packageManager}`);
  run("npx", ["--yes", packageManager, "install", "--frozen-lockfile", "--prefer-offline", "--reporter=append-only"]);
  writeFileSync(STAMP, wanted);
}

/** Installs and builds what is missing or out of date. */
export function setup() {
  install();
  console.log("building the workspace");
  run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b"]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) setup();
