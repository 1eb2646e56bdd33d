import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLimitedCgroup } from "./backends/limits.ts";
import { SUITES } from "./testing/suites.ts";
import { openWorkbench, type Workbench } from "./testing/workbench.ts";

const MB = 1024 * 1024;
const permitted = canMakeCgroups();

describe.each(SUITES)("$title: limits", ({ options, skip }) => {
  // runc and crun put what they start in a cgroup of their own, and remove it before anyone can look.
  const tells = options.backend !== "runc" && options.backend !== "crun";
  describe.skipIf(skip || !permitted)("here (need cgroups that this user may make)", () => {
    let bench: Workbench;
    beforeAll(async () => {
      bench = await openWorkbench(options);
    });
    afterAll(() => bench.close());

    it("of memory end what takes more, and say so", async () => {
      const { status } = await bench.run(
        "head -c 64000000 /dev/zero | tail -c 64000000 > /dev/null; exit $?",
        undefined,
        {
          limits: { memory: 16 * MB },
        },
      );
      expect(status.oomKilled ?? false).toBe(tells);
      expect(status.exitCode).not.toBe(0);
      expect((await bench.run("true", undefined, { limits: { memory: 64 * MB } })).status).toEqual({ exitCode: 0 });
    });

    it("of processes hold a fork bomb, and leave no cgroup", async () => {
      const bomb = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 2 & done; echo started";
      const { stderr } = await bench.run(bomb, undefined, { limits: { pids: 8, cpus: 0.5 } });
      expect(stderr).toMatch(/fork/);
      expect(leftovers()).toEqual([]);
    });
  });
});

describe("a cgroup", () => {
  it("cannot be made where there are no hierarchies", () => {
    const folder = mkdtempSync(join(tmpdir(), "tsbuild-cgroup-"));
    expect(() => createLimitedCgroup({ memory: MB }, join(folder, "absent"))).toThrow();
    rmSync(folder, { recursive: true });
  });

  it("of version 2 has all in one folder", () => {
    const root = mkdtempSync(join(tmpdir(), "tsbuild-cgroup-"));
    writeFileSync(join(root, "cgroup.controllers"), "cpu memory pids\n");
    // A plain folder has no files that appear with it: a limit that cannot be written is an error, and leaves nothing.
    expect(() => createLimitedCgroup({ memory: MB }, root)).toThrow(/memory\.max/);
    expect(readFileSync(join(root, "cgroup.subtree_control"), "utf8")).toBe("+memory");
    expect(readFileSync(join(root, "tsbuild/cgroup.subtree_control"), "utf8")).toBe("+memory");
    expect(readdirSync(join(root, "tsbuild"))).toEqual(["cgroup.subtree_control"]);
    rmSync(root, { recursive: true });
  });
});

function canMakeCgroups(): boolean {
  const folder = `/sys/fs/cgroup/memory/tsbuild-test-${process.pid}`;
  try {
    mkdirSync(folder);
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

function leftovers(): readonly string[] {
  return ["memory", "pids", "cpu"].flatMap((controller) => {
    const folder = `/sys/fs/cgroup/${controller}/tsbuild`;
    return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(`${process.pid}-`)) : [];
  });
}
