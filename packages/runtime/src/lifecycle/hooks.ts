import { spawnSync } from "node:child_process";
import { TsbuildError } from "@tsbuild/oci";
import type { HookName, OciConfig } from "./config-json.ts";

/**
 * Runs hooks, one after the other, with the container's state as their input. After the container has started, a hook
 * that fails changes nothing any more.
 * @throws TsbuildError HOOK_FAILED
 */
export function runHooks(names: readonly HookName[], hooks: OciConfig["hooks"], state: object): void {
  for (const name of names) {
    for (const { path, args = [path], env = [], timeout } of hooks?.[name] ?? []) {
      const outcome = spawnSync(path, args.slice(1), {
        ...(args[0] === undefined ? {} : { argv0: args[0] }),
        input: JSON.stringify(state),
        stdio: ["pipe", "ignore", "pipe"],
        env: Object.fromEntries(env.map((entry) => [entry.split("=", 1)[0], entry.slice(entry.indexOf("=") + 1)])),
        ...(timeout === undefined ? {} : { timeout: timeout * 1000 }),
      });
      if (outcome.status === 0 || name.startsWith("post")) continue;
      const why = outcome.error?.message ?? `it ended with ${outcome.status}: ${outcome.stderr}`;
      throw new TsbuildError("HOOK_FAILED", `the ${name} hook ${path} failed: ${why}`);
    }
  }
}
