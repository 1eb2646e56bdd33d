export type { Builder, BuilderOptions, BuildResult, DockerfileOptions, SolveOptions } from "./builder.ts";
export type { BuildEvent } from "./event.ts";
export type { Exporter, ExportRequest } from "./export/exporter.ts";
export type { Compiled, HistoryStep } from "./graph/compiled.ts";
export type * from "./graph/op.ts";
export type { CopyStateOptions, RunStateOptions, State } from "./graph/state.ts";
