export { createRuntime, probeRuntime } from "./create-runtime.ts";
export { CommandNotStartedError } from "./exit-status.ts";
export type { OciConfig, OciProcess } from "./lifecycle/config-json.ts";
export type { ContainerState } from "./lifecycle/container-state.ts";
export { type Containers, type CreateOptions, openContainers } from "./lifecycle/containers.ts";
export type { StandardStreams } from "./lifecycle/run-launcher.ts";
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
