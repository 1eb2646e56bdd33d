import type { HistoryStep } from "../graph/compiled.ts";
import type { Vertex } from "../graph/op.ts";
import { type BuildArgument, lastValues } from "./build-argument.ts";

/** What BuildKit's Dockerfile frontend notes in every entry that it writes; readers tell its entries by it. */
const COMMENT = "buildkit.dockerfile.v0";

/** Of an instruction that only changes the config. */
export function configStep(createdBy: string): HistoryStep {
  return { createdBy, comment: COMMENT, vertex: undefined };
}

/** Of an instruction that makes a layer. WORKDIR's entry lacks the mark that RUN's, COPY's and ADD's have. */
export function layerStep(
  createdBy: string,
  vertex: Vertex,
  { marked = true }: { readonly marked?: boolean } = {},
): HistoryStep {
  return { createdBy: marked ? `${createdBy} # buildkit` : createdBy, comment: COMMENT, vertex };
}

/** `RUN |2 A=1 B=2 /bin/sh -c make`: the build arguments in scope with the values that the command sees. */
export function runText(
  args: readonly string[],
  buildArguments: readonly BuildArgument[],
  variables: ReadonlyMap<string, string>,
): string {
  const values = [...lastValues(buildArguments)].map(([name, value]) => `${name}=${variables.get(name) ?? value}`);
  const scope = values.length === 0 ? [] : [`|${values.length}`, ...values];
  return ["RUN", ...scope, ...args].join(" ");
}
