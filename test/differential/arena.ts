import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBuilder } from "@tsbuild/builder";
import { writeDockerArchive } from "@tsbuild/oci";
import { type BaseImage, makeBases } from "./bases.ts";
import { buildBoth, type Rivals } from "./build-both.ts";
import { compareImages, type Difference } from "./compare-images.ts";
import { startDockerEngine } from "./docker-engine.ts";
import type { Scenario } from "./scenario.ts";

/** What came of a scenario. */
export interface Comparison {
  /** True where both made an image. */
  readonly built: boolean;
  /** What both said, where both refused. */
  readonly refusal?: string;
  readonly differences: readonly Difference[];
}

/** Both builders, started, with the same base images. */
export interface Arena extends Rivals {
  readonly bases: readonly BaseImage[];
  /** What the builders disagree about; `built` where both made an image. */
  compare(scenario: Scenario): Promise<Comparison>;
  close(): Promise<void>;
}

/** Starts both builders in a temporary folder, in memory where there is enough of it. */
export async function openArena(): Promise<Arena> {
  const shared = statSync("/dev/shm", { throwIfNoEntry: false })?.isDirectory() === true ? "/dev/shm" : tmpdir();
  const folder = mkdtempSync(join(process.env.TSBUILD_TEST_TMP ?? shared, "tsbuild-differential-"));
  const docker = await startDockerEngine(join(folder, "docker"));
  const builder = await createBuilder({ root: join(folder, "store") });
  const close = async (): Promise<void> => {
    await builder.close();
    await docker.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const bases = await makeBases(builder.store);
    const archive = join(folder, "bases.tar");
    await writeDockerArchive(builder.store, [...bases], archive);
    await docker.ok(["load", "--input", archive]);
    const rivals = { builder, docker, folder };
    return { ...rivals, bases, compare: (scenario) => compare(rivals, scenario), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function compare(rivals: Rivals, scenario: Scenario): Promise<Comparison> {
  const { ours, theirs } = await buildBoth(rivals, scenario);
  if ("image" in ours && "image" in theirs)
    return { built: true, differences: await compareImages(rivals.builder.store, ours.image, theirs.image) };
  const [a, b] = [ours, theirs].map((outcome) => ("image" in outcome ? "built" : outcome.failure));
  if (a === b)
    return {
      built: false,
      refusal: `${"text" in ours ? ours.text : ""} | ${"text" in theirs ? theirs.text : ""}`,
      differences: [],
    };
  const [left, right] = [ours, theirs].map((outcome) => ("image" in outcome ? "built" : outcome.text));
  return { built: false, differences: [{ kind: "outcome", name: "", ours: left ?? "", theirs: right ?? "" }] };
}
