import { join } from "node:path";
import { openArchive, readImage } from "@tsbuild/oci";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Arena, openArena } from "./arena.ts";
import { basesMissing } from "./bases.ts";
import { engineMissing } from "./docker-engine.ts";
import { explain } from "./known-differences.ts";
import { describeScenario, scenarioOf } from "./scenario.ts";

/** Random builds by tsbuild and by Docker's own engine: `npm run differential -- --seeds 1-500` runs more of them. */
const missing = engineMissing ?? basesMissing();
const verbose = process.env.DIFFERENTIAL_VERBOSE === "1";
const seeds = seedsOf(process.env.DIFFERENTIAL_SEEDS ?? "1-20");

describe.skipIf(missing !== undefined)(`Docker's engine builds the same${missing ? ` (${missing})` : ""}`, () => {
  let arena: Arena;
  const counts = { built: 0, refused: 0, known: new Map<string, number>() };
  beforeAll(async () => {
    arena = await openArena();
  });
  afterAll(async () => {
    await arena?.close();
    const known = [...counts.known].map(([name, count]) => `${name}: ${count}`).sort();
    console.log(`${counts.built} built by both, ${counts.refused} refused by both; known differences:`, known);
  });

  test("docker load takes our archives as they are, and docker save gives them back", async () => {
    const { docker, bases, builder, folder } = arena;
    for (const { name, descriptor } of bases) {
      const { config, manifest, layers } = await readImage(builder.store, descriptor);
      const [seen] = JSON.parse(await docker.ok(["image", "inspect", name]));
      expect(seen.Id).toBe(manifest.config.digest);
      expect(seen.RootFS.Layers).toEqual(config.rootfs.diff_ids);
      const file = join(folder, "again.tar");
      await docker.ok(["save", "--output", file, name]);
      const archive = await openArchive(file);
      const [again] = await archive.images();
      const saved = await readImage(archive, again?.name ?? "");
      await archive.close();
      expect(saved.manifest.config.digest).toBe(manifest.config.digest);
      expect(saved.layers.map(({ diffId }) => diffId)).toEqual(layers.map(({ diffId }) => diffId));
    }
  });

  test.concurrent.for(seeds)("seed %i", { timeout: 300_000 }, async (seed, { expect }) => {
    const scenario = scenarioOf(seed);
    const { built, refusal, differences } = await arena.compare(scenario);
    if (refusal !== undefined && verbose) console.log(`seed ${seed}: ${refusal}`);
    counts[built ? "built" : "refused"]++;
    const unexplained = differences.filter((difference) => {
      const known = explain(difference, scenario);
      if (known !== undefined) counts.known.set(known.name, (counts.known.get(known.name) ?? 0) + 1);
      return known === undefined;
    });
    const lines = unexplained.map(
      ({ kind, name, ours, theirs }) => `${kind} ${name}\n  ours   ${ours}\n  theirs ${theirs}`,
    );
    expect(lines.join("\n"), describeScenario(scenario)).toBe("");
  });
});

function seedsOf(text: string): number[] {
  const [first = 1, last = first] = text.split("-").map(Number);
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}
