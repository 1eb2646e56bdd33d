import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lastCommitTime } from "./last-commit.ts";

const hasGit = spawnSync("git", ["--version"]).status === 0;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-commit-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function git(...args: readonly string[]): void {
  const date = "1650000000 +0000";
  const env = { ...process.env, GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date };
  const who = ["-c", "user.name=a", "-c", "user.email=a@example"];
  expect(spawnSync("git", ["-C", folder, ...who, ...args], { env }).status).toBe(0);
}

test.skipIf(!hasGit)("the commit of the repository that the folder is in (needs git)", async () => {
  git("init", "--quiet");
  expect(await lastCommitTime(folder)).toBeUndefined();
  mkdirSync(join(folder, "sub"));
  writeFileSync(join(folder, "sub/file"), "x");
  git("add", ".");
  git("commit", "--quiet", "-m", "first");
  expect(await lastCommitTime(folder)).toBe(1_650_000_000);
  expect(await lastCommitTime(join(folder, "sub"))).toBe(1_650_000_000);
});

test("no repository, no folder", async () => {
  expect(await lastCommitTime(folder)).toBeUndefined();
  expect(await lastCommitTime(join(folder, "missing"))).toBeUndefined();
});

test("an abort rejects with its reason", async () => {
  const reason = new Error("stop");
  await expect(async () => lastCommitTime(folder, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
