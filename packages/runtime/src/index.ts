export type { Execution, ExitStatus, Mount, NetworkMode, ProcessSpec } from "./process.ts";
export type {
  BackendName,
  BackendReport,
  Runtime,
  RuntimeOptions,
  RuntimeReport,
  SnapshotterReport,
  Workspace,
} from "./runtime.ts";
