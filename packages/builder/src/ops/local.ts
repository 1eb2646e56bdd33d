import { statSync } from "node:fs";
import { BuildError } from "../build-error.ts";
import type { LocalOp } from "../graph/op.ts";
import { cacheKeyOf } from "../solver/cache-key.ts";
import type { OpEnvironment, OpKind } from "./op-environment.ts";

/**
 * A build context. It has no layers and its key says nothing about its files: whoever takes files from it puts the
 * checksum of just these files into their own key.
 */
export function localKind(env: OpEnvironment): OpKind<LocalOp> {
  return {
    cacheKey: async ({ op }) => cacheKeyOf({ type: "local", name: op.name }, { keep: false }),
    restore: async () => undefined,
    async execute({ op }) {
      const context = env.contexts.get(op.name);
      if (context === undefined) throw missing(`there is no build context ${JSON.stringify(op.name)}`);
      if (statSync(context.directory, { throwIfNoEntry: false })?.isDirectory() !== true)
        throw missing(`${context.title} is not a folder`);
      return { layers: [] };
    },
  };
}

function missing(message: string): BuildError {
  return new BuildError("CONTEXT_NOT_FOUND", message, { hint: "Give the folder that COPY and ADD take files from." });
}
