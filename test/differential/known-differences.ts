import type { Difference } from "./compare-images.ts";
import type { Scenario } from "./scenario.ts";

/** A difference that comes from the age of the engine: BuildKit 0.8 of Docker 20.10, where later ones do as we do. */
export interface KnownDifference {
  readonly name: string;
  readonly reason: string;
  matches(difference: Difference, scenario: Scenario): boolean;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [];

/** Which of the known differences this is; undefined: none, so one side is wrong. */
export function explain(difference: Difference, scenario: Scenario): KnownDifference | undefined {
  return KNOWN_DIFFERENCES.find((known) => known.matches(difference, scenario));
}
