import { readdirSync } from "node:fs";
import { join } from "node:path";
import { digestHex } from "@tsbuild/oci";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SUITES } from "../testing/suites.ts";
import { execute, openWorkbench, type Workbench } from "../testing/workbench.ts";

describe.skipIf(SUITES[0]?.skip)("prune (needs busybox)", () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
  });
  afterAll(() => bench.close());
  const onDisk = (): readonly string[] => readdirSync(join(bench.folder, "runtime", "layers")).sort();

  it("removes what is neither kept nor in use", async () => {
    const { layer: first } = await bench.run("echo 1 > /one");
    const { layer: second } = await bench.run("echo 2 > /two", [bench.base, first]);
    const all = [bench.base, first, second].map(({ diffId }) => digestHex(diffId)).sort();
    expect(onDisk()).toEqual(all);

    const workspace = await bench.runtime.prepare([bench.base, first]);
    expect(await bench.runtime.prune(new Set())).toBeGreaterThan(0);
    expect(onDisk()).toEqual([bench.base, first].map(({ diffId }) => digestHex(diffId)).sort());
    expect((await execute(workspace, { args: ["cat", "/one"] })).stdout).toBe("1\n");
    await workspace.discard();

    await bench.runtime.prune(new Set([bench.base.diffId]));
    expect(onDisk()).toEqual([digestHex(bench.base.diffId)]);
    expect((await bench.run("cat /one /two", [bench.base, first, second])).stdout).toBe("1\n2\n");
  });
});
