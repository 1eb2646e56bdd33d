import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SUITES } from "./testing/suites.ts";
import { openWorkbench, type Workbench } from "./testing/workbench.ts";

const path = fc
  .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 })
  .map((parts) => `/w/${parts.join("/")}`);
const command = fc.oneof(
  fc
    .tuple(fc.constantFrom("mkdir -p", "touch", "rm -rf", "rmdir", "mkfifo", "chmod 700", "chmod 4711"), path)
    .map((words) => words.join(" ")),
  fc
    .tuple(path, fc.integer({ min: 0, max: 9 })) // Whoever opens a FIFO waits for the other end.
    .map(([file, digit]) => `[ -p ${file} ] || echo ${digit} > ${file}`),
  fc.tuple(fc.constantFrom("ln", "ln -s", "mv", "cp -a"), path, path).map((words) => words.join(" ")),
);
const step = fc
  .array(command, { minLength: 1, maxLength: 12 })
  .map((commands) => `mkdir -p /w; ${commands.join("; ")}; true`);

describe.skipIf(SUITES[0]?.skip)("both snapshotters (need busybox)", () => {
  let benches: readonly Workbench[];
  beforeAll(async () => {
    benches = await Promise.all([openWorkbench({ snapshotter: "overlay" }), openWorkbench({ snapshotter: "copy" })]);
  });
  afterAll(() => Promise.all(benches.map((bench) => bench.close())));

  it("make the same tree of the same steps", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 3 }), async (steps) => {
        const trees = await Promise.all(benches.map((bench) => treeAfter(bench, steps)));
        expect(trees[0]).toEqual(trees[1]);
      }),
      { numRuns: 15 },
    );
  }, 120_000);
});

/** The tree after these steps, and what a process sees of it. */
async function treeAfter(bench: Workbench, steps: readonly string[]): Promise<object> {
  let layers = [bench.base];
  for (const one of steps) layers = [...layers, (await bench.run(one, layers)).layer];
  const tree = bench.tree(layers);
  const entries = [...tree.walk("w")].map(({ path: name, type, mode, linkName, size }) => {
    const content = type === "file" ? Buffer.from(tree.readFile(name) ?? "").toString() : "";
    return { name, type, mode, linkName, size, content };
  });
  const seen = await bench.output(
    { args: ["sh", "-c", "cd /w && find . -exec stat -c '%n %F %a %s' {} + | sort"] },
    layers,
  );
  // The size of a folder says how it came to be, not what is in it.
  return { entries, seen: seen.replaceAll(/(directory \d+) \d+/g, "$1") };
}
