export { main } from "./program.ts";
export { emptyProgress, type ProgressState, reduceProgress, type Step } from "./progress/model.ts";
export { readSettings, type Settings } from "./settings.ts";
export type { Terminal } from "./terminal.ts";
