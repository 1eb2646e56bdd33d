export { createRuntime, probeRuntime } from "./create-runtime.ts";
export { CommandNotStartedError } from "./exit-status.ts";
export type { Execution, ExitStatus, Mount, NetworkMode, ProcessSpec, ResourceLimits } from "./process.ts";
export type {
  BackendName,
  BackendReport,
  Runtime,
  RuntimeOptions,
  RuntimeReport,
  SnapshotterReport,
  Workspace,
} from "./runtime.ts";
export type { ResolvedUser } from "./spec/container-spec.ts";
export { type ReadRootFile, resolveUser } from "./spec/resolve-user.ts";
