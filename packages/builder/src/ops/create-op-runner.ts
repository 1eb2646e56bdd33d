import type { Op, Vertex } from "../graph/op.ts";
import type { OpRunner, Result } from "../solver/op-runner.ts";
import { execKind } from "./exec.ts";
import { fileKind } from "./file.ts";
import { gitKind } from "./git.ts";
import { httpKind } from "./http.ts";
import { imageKind } from "./image.ts";
import { localKind } from "./local.ts";
import { mergeKind } from "./merge.ts";
import type { OpEnvironment, OpKind, Step } from "./op-environment.ts";

type Kinds = { readonly [Type in Op["type"]]: OpKind<Extract<Op, { type: Type }>> };

/** What runs the ops of one build. */
export function createOpRunner(env: OpEnvironment): OpRunner {
  const kinds: Kinds = {
    image: imageKind(env),
    local: localKind(env),
    http: httpKind(env),
    git: gitKind(env),
    exec: execKind(env),
    file: fileKind(env),
    merge: mergeKind(),
  };
  // Each kind gets the ops of its own type only: the key is the op's type.
  const kindOf = (vertex: Vertex): OpKind<Op> => kinds[vertex.op.type] as OpKind<Op>;
  const step = (vertex: Vertex, inputs: readonly Result[]): Step<Op> => ({ op: vertex.op, vertex, inputs });
  return {
    cacheKey: (vertex, inputs, context) => kindOf(vertex).cacheKey(step(vertex, inputs), context),
    restore: (vertex, inputs, kept, context) => kindOf(vertex).restore(step(vertex, inputs), kept, context),
    execute: (vertex, inputs, context) => kindOf(vertex).execute(step(vertex, inputs), context),
  };
}
