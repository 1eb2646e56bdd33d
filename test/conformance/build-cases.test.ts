import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { basekitMissing } from "../support/basekit.ts";
import { externalBases, standInFor } from "./build-case-bases.ts";
import { checkAssertion, checkResult, checkVerdict } from "./build-case-check.ts";
import type { BuildCase, Verdict } from "./build-case-format.ts";
import { limitOf } from "./build-case-limits.ts";
import { hasBuildCases, loadJudge, loadSuites } from "./build-case-load.ts";
import { type Outcome, runStep } from "./build-case-run.ts";
import { openWorld, type World } from "./build-case-world.ts";

const missing = hasBuildCases ? basekitMissing : "needs the conformance data";

describe.skipIf(missing !== undefined)(`build cases${missing === undefined ? "" : ` (${missing})`}`, () => {
  if (missing !== undefined) {
    test("all suites", () => {});
    return;
  }
  const judge = loadJudge();
  let world: World;
  beforeAll(async () => {
    world = await openWorld(judge.base_image);
  });
  afterAll(() => world.close());

  for (const [suite, cases] of loadSuites()) {
    describe(suite, () => {
      for (const one of cases) {
        const verdicts = judge.steps[one.id] ?? [];
        const limit = limitOf(one, verdicts);
        const name = one.id.replace(/^build\//, "");
        test.skipIf(limit !== undefined)(limit === undefined ? name : `${name} (${limit})`, async () => {
          await runCase(world, one, { verdicts, history: judge.base_image.history ?? [] });
        });
      }
    });
  }
});

interface Judgement {
  readonly verdicts: readonly (Verdict | null)[];
  /** Of the images that the cases start from. */
  readonly history: readonly object[];
}

async function runCase(world: World, one: BuildCase, { verdicts, history }: Judgement): Promise<void> {
  for (const base of externalBases(one)) await world.bases.provide(base, standInFor(base, one) ?? base);
  const folder = mkdtempSync(join(world.folder, "case-"));
  const outcomes: Outcome[] = [];
  try {
    for (const [index, step] of one.steps.entries()) {
      const outcome = await runStep(world, one, index, join(folder, `${index}`));
      const verdict = isJudged(one, index) ? (verdicts[index] ?? null) : null;
      outcomes.push(outcome);
      checkResult(one, index, outcome, verdict);
      checkVerdict(outcome, verdict, history);
      for (const assertion of step.asserts) await checkAssertion(world, one, outcomes, assertion);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** BuildKit was told neither the client's environment nor that an image of an earlier step is for several platforms. */
function isJudged({ steps }: BuildCase, index: number): boolean {
  const known = !Object.values(steps[index]?.options.build_args ?? {}).includes(null);
  return known && !steps.slice(0, index).some(({ options }) => options.platform?.includes(","));
}
