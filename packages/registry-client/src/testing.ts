export type { TestAuth } from "./testing/auth.ts";
export type { Fault, FaultAction } from "./testing/fault.ts";
export {
  createTestRegistry,
  type RecordedRequest,
  type TestRegistry,
  type TestRegistryOptions,
} from "./testing/registry.ts";
