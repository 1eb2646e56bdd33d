import { describe, test } from "vitest";
import { suiteOf } from "./cases.ts";

interface Identified {
  readonly id: string;
}

/** Runs one check per case of a suite of the conformance data; skips by name where the data is absent. */
export function eachCase<Case extends Identified>(suite: string, check: (input: Case) => void): void {
  const cases = suiteOf<Case>(`${suite}.json`);
  describe.skipIf(cases === undefined)(`${suite} (needs the conformance data)`, () => {
    for (const input of cases ?? []) test(input.id, () => check(input));
  });
}

/** Cases that are not met on purpose, with the reason. */
export type Exceptions = Readonly<Record<string, string>>;
