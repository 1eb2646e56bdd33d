export { BuildError, type BuildErrorDetails } from "./build-error.ts";
export type { Builder, BuilderOptions, BuildResult, DockerfileOptions, SolveOptions } from "./builder.ts";
export {
  type ComparedImage,
  type CompareOptions,
  compareImages,
  type FileDifference,
  type ImageComparison,
} from "./compare/compare-images.ts";
export type { EntryChange, PathDifference } from "./compare/tree-differences.ts";
export type { ValueDifference } from "./compare/value-differences.ts";
export type { ContextPlace } from "./context/context-place.ts";
export { isElsewhere } from "./context/fetch-context.ts";
export { lastCommitTime } from "./context/last-commit.ts";
export type { DockerfileText } from "./context/read-dockerfile.ts";
export { createBuilder } from "./create-builder.ts";
export {
  type CheckRequest,
  type CheckResult,
  type CheckSource,
  type CheckWarning,
  checkDockerfile,
} from "./dockerfile/check.ts";
export { compileDockerfile } from "./dockerfile/compile.ts";
export type { CompileOptions, CompilePorts, ResolvedImage } from "./dockerfile/compile-options.ts";
export { DockerfileError } from "./dockerfile/dockerfile-error.ts";
export { outlineDockerfile } from "./dockerfile/outline.ts";
export type { Outline, OutlineArgument, OutlineSecret } from "./dockerfile/outline-shape.ts";
export type { SourceLocation } from "./dockerfile/source-location.ts";
export { listTargets, type Target, type TargetList } from "./dockerfile/targets.ts";
export type { BuildEvent } from "./event.ts";
export type { BuildPlan, PlannedStep } from "./explain/plan.ts";
export type { FileChange, KeyChange, RecordNote, StepNote, StepReason } from "./explain/reason.ts";
export { reasonLines } from "./explain/sentences.ts";
export type { ExportOutput } from "./export/export-output.ts";
export type { Exporter, ExportRequest } from "./export/exporter.ts";
export type { PackImageOptions, Packing } from "./export/pack-image.ts";
export { packImage } from "./export/pack-image.ts";
export type { PlacedAnnotation } from "./export/placed-annotation.ts";
export { toDockerArchive, toOciArchive } from "./export/to-archive.ts";
export { type FilesOptions, toDirectory, toTar } from "./export/to-files.ts";
export { toLayout } from "./export/to-layout.ts";
export { toRegistry } from "./export/to-registry.ts";
export { compileState } from "./graph/compile-state.ts";
export type { Compiled, HistoryStep, LocalContext } from "./graph/compiled.ts";
export type * from "./graph/op.ts";
export {
  describeGraph,
  type GraphDescription,
  graphToMermaid,
  type HistoryDescription,
  type VertexDescription,
} from "./graph/print.ts";
export {
  type CopyStateOptions,
  type FromOptions,
  from,
  type LocalOptions,
  local,
  type RunStateOptions,
  type State,
  scratch,
} from "./graph/state.ts";
export { createImageResolver, type ImageResolver, type ImageResolverOptions } from "./image-resolver.ts";
export { createImageSource } from "./image-source.ts";
export { type RunTarget, runInImage } from "./run-in-image.ts";
