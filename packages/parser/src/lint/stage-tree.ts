import type { Stage } from "../ast.ts";
import type { Flow } from "./flow/flow.ts";

/** Which stage stands on which. */
export interface StageTree {
  /** The stage below, or undefined where that is an image. */
  parentOf(stage: Stage): Stage | undefined;
  /** The last stage and those below it: what an image without a target consists of; the top one first. */
  readonly shipped: readonly Stage[];
}

export function stageTree(stages: readonly Stage[], flow: Flow): StageTree {
  const parents = new Map<Stage, Stage>();
  const named = new Map<string, Stage>();
  for (const { stage, image } of flow.froms) {
    const below = named.get(image.text);
    if (below !== undefined) parents.set(stage, below);
    if (stage.name !== undefined) named.set(stage.name, stage);
  }
  const shipped: Stage[] = [];
  for (let stage = stages.at(-1); stage !== undefined; stage = parents.get(stage)) shipped.push(stage);
  return { parentOf: (stage) => parents.get(stage), shipped };
}
