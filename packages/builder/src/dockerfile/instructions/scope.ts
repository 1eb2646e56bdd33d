import type { Compile, StageDraft } from "../stage-draft.ts";
import type { PlannedStage } from "../stages.ts";

/** What an instruction may look at besides its own stage. */
export interface InstructionScope {
  readonly compile: Compile;
  /** The stages and images that are gone through already. */
  readonly drafts: ReadonlyMap<PlannedStage, StageDraft>;
}
