import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBusybox } from "./testing/busybox.ts";
import { openWorkbench, type Workbench } from "./testing/workbench.ts";

const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot || !hasBusybox)("a runtime (needs root and busybox)", () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
  });
  afterAll(() => bench.close());

  it("runs a command and keeps what it wrote as a layer", async () => {
    const { status, stdout, stderr, layer } = await bench.run("echo hello; echo oops >&2; echo kept > /file; exit 3");
    expect({ status, stdout, stderr }).toEqual({ status: { exitCode: 3 }, stdout: "hello\n", stderr: "oops\n" });
    expect([...bench.tree([layer]).walk("")].map(({ path }) => path)).toEqual(["", "file"]);
  });
});
