import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { withFileLock } from "./file-lock.ts";
import { processMark } from "./process-mark.ts";
import { temporaryFolder } from "./testing.ts";
import { workerUrl } from "./worker-url.ts";

const run = promisify(execFile);
const compiled = workerUrl(import.meta.url, "./file-lock.ts").href;

/** A process that adds one to a file, so slowly that two at a time lose a step. */
const adder = (folder: string, times: number): string => `
  import { readFileSync, writeFileSync } from "node:fs";
  import { withFileLock } from ${JSON.stringify(compiled)};
  for (let i = 0; i < ${times}; i += 1)
    await withFileLock(${JSON.stringify(join(folder, "lock"))}, async () => {
      const value = Number(readFileSync(${JSON.stringify(join(folder, "value"))}, "utf8"));
      await new Promise((resolve) => setImmediate(resolve));
      writeFileSync(${JSON.stringify(join(folder, "value"))}, String(value + 1));
    });
`;

test("several processes never hold it at once", async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, "value"), "0");
  const script = ["--input-type=module", "-e", adder(folder.path, 25)];
  await Promise.all(Array.from({ length: 4 }, () => run(process.execPath, script)));
  expect(readFileSync(join(folder.path, "value"), "utf8")).toBe("100");
  expect(readdirSync(folder.path)).toEqual(["value"]);
});

test("calls within one process take turns", async () => {
  using folder = temporaryFolder();
  let inside = 0;
  const work = (): Promise<void> =>
    withFileLock(join(folder.path, "lock"), async () => {
      inside += 1;
      expect(inside).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    });
  await Promise.all(Array.from({ length: 10 }, work));
  expect(existsSync(join(folder.path, "lock"))).toBe(false);
});

test("what a killed process held is broken by many at once, and still only one holds it", async () => {
  using folder = temporaryFolder();
  const lock = join(folder.path, "lock");
  writeFileSync(join(folder.path, "value"), "0");
  const die = `
    import { withFileLock } from ${JSON.stringify(compiled)};
    await withFileLock(${JSON.stringify(lock)}, () => process.kill(process.pid, "SIGKILL"));`;
  await expect(run(process.execPath, ["--input-type=module", "-e", die])).rejects.toMatchObject({ signal: "SIGKILL" });
  expect(existsSync(lock)).toBe(true);
  const script = ["--input-type=module", "-e", adder(folder.path, 5)];
  await Promise.all(Array.from({ length: 4 }, () => run(process.execPath, script)));
  expect(readFileSync(join(folder.path, "value"), "utf8")).toBe("20");
});

test("a process number that was given away again counts as ended", async () => {
  using folder = temporaryFolder();
  const lock = join(folder.path, "lock");
  const [pid, , space] = processMark().split(".");
  writeFileSync(lock, `${pid}.1.${space} 0011223344556677`);
  expect(await withFileLock(lock, () => "taken")).toBe("taken");
});

test("an abort ends the wait with its reason and leaves the lock to its holder", async () => {
  using folder = temporaryFolder();
  const lock = join(folder.path, "lock");
  const reason = new Error("enough");
  const abort = new AbortController();
  await withFileLock(lock, async () => {
    const waiting = withFileLock(lock, () => "never", { signal: abort.signal });
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(existsSync(lock)).toBe(true);
  });
});

test("an error inside frees the lock", async () => {
  using folder = temporaryFolder();
  const lock = join(folder.path, "lock");
  const failing = withFileLock(lock, () => {
    throw new Error("inside");
  });
  await expect(failing).rejects.toThrow("inside");
  expect(existsSync(lock)).toBe(false);
});
