export type { TestAuth } from "./testing/auth.ts";
export type { Fault, FaultAction } from "./testing/fault.ts";
export type { Upstream } from "./testing/pull-through.ts";
export {
  createTestRegistry,
  type RecordedRequest,
  type TestRegistry,
  type TestRegistryOptions,
} from "./testing/registry.ts";
export { type ServedRegistry, type ServeOptions, serveRegistry } from "./testing/serve.ts";
