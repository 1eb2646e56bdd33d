import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalText } from "../graph/canonical-text.ts";
import type { CacheRecord } from "../solver/cache.ts";
import { keyChanges } from "./key-changes.ts";
import { differingParts, keyParts } from "./key-parts.ts";
import { nearestRecord } from "./nearest-record.ts";
import { reasonLines } from "./sentences.ts";

const RUN = {
  type: "exec",
  args: ["/bin/sh", "-c", "make"],
  env: ["PATH=/bin", "MODE=fast"],
  user: "",
  base: "sha256:1",
  platform: { os: "linux", architecture: "amd64" },
  mounts: [{ type: "cache", target: "/c", id: "c" }],
};

/** The lines that tell the difference between RUN and a change of it. */
function linesOf(change: object): readonly string[] {
  const [before, after] = [keyParts(RUN), keyParts({ ...RUN, ...change })];
  const record = recordOf(RUN, {});
  const nearest = { record, before, after, differing: differingParts(before, after) };
  const changes = keyChanges(nearest, { below: [], filesOf: () => undefined });
  return reasonLines({ type: "changed", record: { key: "sha256:0", name: "", created: 0 }, changes });
}

function recordOf(preimage: object, about: Partial<CacheRecord>): CacheRecord {
  return { key: "sha256:0", preimage, description: "[1/2] RUN make", created: 1, layers: [], ...about };
}

describe("a change of one part says so", () => {
  test.each([
    [{ args: ["/bin/sh", "-c", "make all"] }, ["the command was changed", "- make", "+ make all"]],
    [{ env: ["PATH=/bin", "MODE=slow"] }, ["the variable MODE was changed: fast -> slow"]],
    [{ env: ["PATH=/bin"] }, ["the variable MODE is gone, it was fast"]],
    [{ env: [...RUN.env, "A=1"] }, ["the variable A is new: 1"]],
    [{ env: RUN.env.toReversed() }, ["variables, mounts or files come in another order"]],
    [{ user: "node" }, ['user was changed: "" -> node']],
    [{ cwd: "/x" }, ["the working directory is new: /x"]],
    [{ mounts: [{ type: "cache", target: "/c", id: "d" }] }, ["id of the mount /c was changed: c -> d"]],
    [{ base: "sha256:2" }, ["it goes on top of what was made anew: a step below"]],
  ])("%j", (change, expected) => {
    expect(linesOf(change)).toEqual(expected);
  });
});

test("preimages with other parts have parts that differ, the same have none", () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean());
  const preimage = fc.record({
    user: value,
    cwd: value,
    args: fc.array(fc.string(), { maxLength: 3 }),
    env: fc.uniqueArray(fc.constantFrom("A=1", "B=1", "C=1"), { maxLength: 3 }).map((lines) => lines.sort()),
  });
  fc.assert(
    fc.property(preimage, preimage, (a, b) => {
      const isSame = canonicalText(a) === canonicalText(b);
      expect(differingParts(keyParts(a), keyParts(b)).length === 0).toBe(isSame);
    }),
  );
});

describe("the nearest record", () => {
  const missed = { preimage: { ...RUN, user: "node" }, name: "[1/2] RUN make", origin: "/a" };

  test("is the one with the fewest parts that differ, then the newest", () => {
    const far = recordOf({ ...RUN, base: "sha256:2", cwd: "/" }, { origin: "/a", created: 9 });
    const near = recordOf(RUN, { origin: "/a", created: 2 });
    const older = recordOf(RUN, { origin: "/a", created: 1 });
    expect(nearestRecord([far, older, near], missed)?.record).toBe(near);
  });

  test.each<readonly [string, CacheRecord]>([
    ["another op", recordOf({ ...RUN, type: "file" }, { origin: "/a" })],
    ["another platform", recordOf({ ...RUN, platform: { os: "linux", architecture: "arm64" } }, { origin: "/a" })],
    ["another project's, on top of something else", recordOf({ ...RUN, base: "sha256:2" }, { origin: "/b" })],
    ["another instruction at another place", recordOf(RUN, { origin: "/a", description: "[7/9] RUN other" })],
  ])("is never of %s", (_what, record) => {
    expect(nearestRecord([record], missed)).toBeUndefined();
  });

  test("may be of another instruction at the same place on top of the same", () => {
    const record = recordOf(RUN, { origin: "/a", description: "[1/9] RUN other" });
    expect(nearestRecord([record], missed)?.record).toBe(record);
  });
});
