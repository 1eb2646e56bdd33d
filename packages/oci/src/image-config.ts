import type { ContainerConfig } from "./config.ts";

/**
 * A container config with another merged in: `Env` by name; `Labels`, `ExposedPorts` and `Volumes` by key; all else
 * replaces what was there.
 */
export function mergeConfig(base: ContainerConfig, edit: ContainerConfig): ContainerConfig {
  const merged: ContainerConfig = { ...base, ...edit };
  return {
    ...merged,
    ...(edit.Env !== undefined && { Env: mergeEnv(base.Env ?? [], edit.Env) }),
    ...(edit.Labels !== undefined && { Labels: { ...base.Labels, ...edit.Labels } }),
    ...(edit.ExposedPorts !== undefined && { ExposedPorts: { ...base.ExposedPorts, ...edit.ExposedPorts } }),
    ...(edit.Volumes !== undefined && { Volumes: { ...base.Volumes, ...edit.Volumes } }),
  };
}

/** `NAME=value` lists merged by name: a name keeps its place, the later value counts. */
export function mergeEnv(base: readonly string[], edit: readonly string[]): readonly string[] {
  const byName = new Map<string, string>();
  for (const entry of [...base, ...edit]) byName.set(entry.split("=", 1)[0] as string, entry);
  return [...byName.values()];
}
