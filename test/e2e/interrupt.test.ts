import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasProgram, isRoot, openWorkbench, TSBUILD, type Workbench } from "../support/tsbuild.ts";

const can = isRoot && hasProgram("busybox");

describe.skipIf(!can)("a build that is ended in the middle of a RUN (needs root and busybox)", () => {
  let bench: Workbench;
  let context: string;

  beforeAll(async () => {
    bench = await openWorkbench();
    context = join(bench.folder, "context");
    mkdirSync(context);
    copyFileSync("/bin/busybox", join(context, "busybox"));
    // The number makes this suite's own process findable among all others.
    writeFileSync(
      join(context, "Dockerfile"),
      `FROM scratch\nCOPY busybox /bin/sh\nRUN echo started; while :; do read -t 60 ${marker()} x < /dev/zero; done\n`,
    );
  });

  afterAll(() => bench?.close());

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 130],
    ["SIGKILL", null],
  ] as const)(
    "by %s leaves no process, no mount and no temporary file once the next command has run",
    async (signal, code) => {
      const child = start(bench, context);
      await started(child);
      expect(ours()).not.toEqual([]);
      const ended = once(child, "exit");
      child.kill(signal);
      expect((await ended)[0]).toBe(code);
      await bench.ok(["store", "check"]);
      await bench.ok(["build", "-q", "--no-cache", "-f", "-", context], {
        input: "FROM scratch\nCOPY busybox /bin/sh\nRUN true\n",
      });
      expect(ours()).toEqual([]);
      expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(bench.folder);
      expect(readdirSync(join(bench.folder, "store", "ingest"))).toEqual([]);
      expect(readdirSync(join(bench.folder, "store", "snapshots", "work"))).toEqual([]);
    },
    60_000,
  );

  function start(workbench: Workbench, folder: string): ChildProcess {
    const env = { ...process.env, ...workbench.env };
    return spawn(process.execPath, [TSBUILD, "build", "--progress", "plain", folder], {
      env,
      stdio: ["ignore", "ignore", "pipe"],
    });
  }

  async function started(child: ChildProcess): Promise<void> {
    let seen = "";
    for await (const chunk of child.stderr ?? []) {
      seen += String(chunk);
      if (/^#\d+ [\d.]+ started/m.test(seen)) return;
    }
    throw new Error(`the build ended early:\n${seen}`);
  }

  /** Processes of this suite's RUN, whichever namespace they are in. */
  function ours(): string[] {
    return readdirSync("/proc").filter(
      (pid) => /^\d+$/.test(pid) && commandOf(pid).includes(marker()) && commandOf(pid).startsWith("/bin/sh"),
    );
  }
});

function marker(): string {
  return `-n ${1_000_000 + process.pid}`;
}

function commandOf(pid: string): string {
  try {
    return readFileSync(join("/proc", pid, "cmdline"), "utf8");
  } catch {
    return "";
  }
}
