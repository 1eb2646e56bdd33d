import type { StepNote, StepReason } from "./reason.ts";

/** What a build would do with a step, were it started now. */
export interface PlannedStep extends StepNote {
  /** Line of the Dockerfile, from 1. */
  readonly line?: number;
  /**
   * `hit`: the cache has it. `run`: it runs. `depends`: that turns out when the steps of `waitsFor` have run, by the files
   * that they write.
   */
  readonly prediction: "hit" | "run" | "depends";
  /** Why it runs. */
  readonly reason?: StepReason;
  readonly waitsFor?: readonly StepNote[];
}

/** What a build would do. */
export interface BuildPlan {
  /** Inputs before users, without the contexts. */
  readonly steps: readonly PlannedStep[];
}
