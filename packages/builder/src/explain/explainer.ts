import type { Digest } from "@tsbuild/oci";
import { readContentList } from "../files/content-list.ts";
import type { Vertex } from "../graph/op.ts";
import type { BuildCache, CacheRecord } from "../solver/cache.ts";
import type { Miss } from "../solver/miss.ts";
import { keyChanges } from "./key-changes.ts";
import { nearestRecord } from "./nearest-record.ts";
import type { RecordNote, StepNote, StepReason } from "./reason.ts";

export interface ExplainerOptions {
  readonly cache: BuildCache;
  /** The store's folder `cache`, where the lists of files are. */
  readonly directory: string;
  /** Whether a layer is in the store. */
  readonly hasLayer: (diffId: Digest) => boolean;
  /** What is being built, as in records. */
  readonly origin: string | undefined;
}

/** Says why a step is not taken from the cache. Steps must be asked about after those that they go on top of. */
export type Explainer = (miss: Miss) => StepReason;

/** An explainer for one build: the records that it compares with are those from before it. */
export function createExplainer({ cache, directory, hasLayer, origin }: ExplainerOptions): Explainer {
  const started = Date.now();
  let earlier: readonly CacheRecord[] | undefined;
  const missed = new Set<Digest>();
  const stepsBelow = (vertex: Vertex): readonly StepNote[] => {
    const base = baseOf(vertex);
    return base === undefined ? [] : roots(base, missed);
  };
  return ({ vertex, key, record, forced, inputs }) => {
    missed.add(vertex.digest);
    if (forced) return { type: "no-cache" };
    if (record !== undefined) {
      const top = record.layers.at(-1);
      const note = noteOf(record);
      if (vertex.op.type === "http" || vertex.op.type === "git") return { type: "newer-source", record: note };
      const below = inputs[0]?.layers ?? [];
      const isSameBase = below.every(({ diffId }, at) => diffId === record.layers[at]?.diffId);
      if (isSameBase || (top !== undefined && !hasLayer(top.diffId))) return { type: "layers-gone", record: note };
      return { type: "other-base", record: note, steps: stepsBelow(vertex) };
    }
    earlier ??= cache.records().filter(({ created }) => created < started);
    const nearest = nearestRecord(earlier, { preimage: key.preimage, name: vertex.meta.name, origin });
    if (nearest === undefined) return { type: "new" };
    const filesOf = (checksum: Digest) => readContentList(directory, checksum);
    const changes = keyChanges(nearest, { below: stepsBelow(vertex), filesOf });
    return { type: "changed", record: noteOf(nearest.record), changes };
  };
}

/** What a step goes on top of: nothing, where it is a file op on nothing. */
function baseOf({ op, inputs }: Vertex): Vertex | undefined {
  if ((op.type === "file" && op.base === -1) || (op.type === "exec" && op.root === -1)) return undefined;
  return inputs[0];
}

/** The steps that ran nearest below, or the step itself where none did: merges are no steps of the Dockerfile. */
function roots(vertex: Vertex, missed: ReadonlySet<Digest>): readonly StepNote[] {
  if (vertex.op.type !== "merge") return [{ vertex: vertex.digest, name: vertex.meta.name }];
  const ran = vertex.inputs.filter((input) => input.op.type === "merge" || missed.has(input.digest));
  return (ran.length > 0 ? ran : vertex.inputs.slice(-1)).flatMap((input) => roots(input, missed));
}

function noteOf({ key, description, created }: CacheRecord): RecordNote {
  return { key, name: description, created };
}
