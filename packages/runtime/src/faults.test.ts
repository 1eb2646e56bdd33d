import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openStore, writeLayer } from "@tsbuild/oci";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRuntime } from "./create-runtime.ts";
import { hasBusybox } from "./testing/busybox.ts";
import { execute, openWorkbench, type Workbench } from "./testing/workbench.ts";

const SLEEPER = fileURLToPath(new URL("../dist/testing/sleeper.js", import.meta.url));
/** More of them: TSBUILD_SOAK=100. */
const KILLS = Number(process.env.TSBUILD_SOAK ?? 8);
const isRoot = process.getuid?.() === 0;

describe.skipIf(!hasBusybox)("faults (need busybox)", () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
  });
  afterAll(() => bench.close());

  it(`a builder that is killed at any moment leaves nothing (${KILLS} times)`, {
    timeout: 20_000 + KILLS * 3000,
  }, async () => {
    const marker = `96${process.pid}`;
    for (let kill = 0; kill < KILLS; kill++) {
      const builder = spawn(process.execPath, [SLEEPER, bench.folder, marker], { stdio: "ignore" });
      await delay(Math.random() * 800);
      builder.kill("SIGKILL");
      if (builder.exitCode === null && builder.signalCode === null) await once(builder, "exit");
    }
    await expect.poll(() => processesWith(`sleep ${marker}`), { timeout: 5000 }).toEqual([]);
    expect(readFileSync("/proc/mounts", "utf8")).not.toContain(bench.folder);
    await using store = await openStore(join(bench.folder, "store"));
    const root = join(bench.folder, "runtime-of-sleeper");
    await using _next = await createRuntime({ root, store });
    expect(readdirSync(join(root, "work"))).toEqual([]);
  });

  it("a supervisor that is killed takes its process along, and the next step is as any other", async () => {
    await using workspace = await bench.runtime.prepare([bench.base]);
    const marker = `95${process.pid}`;
    const execution = workspace.execute({ args: ["sh", "-c", `sleep ${marker} & echo up; sleep ${marker}`] });
    for await (const _ of execution.stdout) break;
    const parents = processesWith(`sleep ${marker}`).map(parentOf);
    const supervisor = parents.find((parent) => commandOf(String(parent)).includes("launcher-"));
    expect(supervisor).toBeGreaterThan(1);
    process.kill(supervisor as number, "SIGKILL");
    await expect(execution.exited).rejects.toMatchObject({ code: "RUNTIME_FAILED" });
    await expect.poll(() => processesWith(`sleep ${marker}`), { timeout: 5000 }).toEqual([]);
    expect((await execute(workspace, { args: ["true"] })).status).toEqual({ exitCode: 0 });
  });

  it("the process that forks may be killed: the next step starts another", async () => {
    await bench.run("true");
    for (const pid of childrenNamed("launcher-")) process.kill(Number(pid), "SIGKILL");
    expect((await bench.run("true")).status).toEqual({ exitCode: 0 });
  });

  it("a program of another machine is refused with the reason", async () => {
    const elf = Buffer.alloc(64);
    elf.write("\x7fELF\x02\x01\x01", "latin1");
    elf.writeUInt16LE(2, 16);
    elf.writeUInt16LE(243, 18); // RISC-V
    const layer = await writeLayer(bench.store, [{ path: "bin/foreign", content: elf, mode: 0o755 }]);
    await expect(bench.output({ args: ["foreign"] }, [bench.base, layer])).rejects.toMatchObject({
      code: "COMMAND_NOT_STARTED",
      exitCode: 126,
      hint: expect.stringContaining("architecture"),
    });
  });

  it("a process sees that a file system is full", async () => {
    const mounts = [{ type: "tmpfs", target: "/small", size: 65536 }] as const;
    const { status } = await bench.run("head -c 200000 /dev/zero > /small/file", [bench.base], { mounts });
    expect(status.exitCode).toBe(1);
  });

  it.skipIf(!isRoot)("a disk that is full while a layer is unpacked leaves no half of it (needs root)", async () => {
    const small = join(bench.folder, "small");
    mkdirSync(small);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", small]);
    try {
      await using runtime = await createRuntime({ root: join(small, "runtime"), store: bench.store });
      await expect(runtime.prepare([bench.base])).rejects.toMatchObject({
        code: "SNAPSHOT_FAILED",
        message: expect.stringContaining("ENOSPC"),
      });
      expect(readdirSync(join(small, "runtime/layers"))).toEqual([]);
      expect(readdirSync(join(small, "runtime/work"))).toEqual([]);
    } finally {
      execFileSync("umount", ["-l", small]);
    }
  });
});

function processesWith(command: string): readonly string[] {
  return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && commandOf(pid).startsWith(command));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

function parentOf(pid: string): number {
  return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** Children of this process, whose program has this name. */
function childrenNamed(name: string): readonly string[] {
  return readdirSync("/proc/self/task").flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, "utf8")
      .split(" ")
      .filter((pid) => pid !== "" && commandOf(pid).includes(name)),
  );
}
