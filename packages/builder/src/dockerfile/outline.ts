import { type Dockerfile, describedBy, type ParseResult } from "@tsbuild/parser";
import { vertexFactory } from "../graph/vertex.ts";
import { globalArguments } from "./arguments.ts";
import type { CompileOptions } from "./compile-options.ts";
import { DockerfileError } from "./dockerfile-error.ts";
import { globalUses, usedByFrom, withDependencies } from "./outline-arguments.ts";
import type { Outline, OutlineArgument } from "./outline-shape.ts";
import { readStageUses, type StageScope, type StageUses } from "./outline-stage.ts";
import { encodeSource, type SourceLocation } from "./source-location.ts";
import { type PlannedStage, planStages, reachableStages, targetStage } from "./stages.ts";

/**
 * Tells which arguments, secrets and SSH agents a target takes. Nothing is asked of a registry: variables that a base
 * image sets are empty here.
 * @throws DockerfileError for mistakes in the file, and for a target that is not there
 */
export function outlineDockerfile(
  { dockerfile, diagnostics }: ParseResult,
  text: string,
  options: CompileOptions,
): Outline {
  if (diagnostics.length > 0) throw new DockerfileError(diagnostics);
  const globals = globalArguments(dockerfile, options);
  const compile = { options, escape: dockerfile.escape, globalArguments: globals, hiddenEnv: [], diagnostics: [] };
  const plan = planStages(dockerfile, { ...compile, vertex: vertexFactory() });
  const target = targetStage(plan, options.target);
  const all = usesOfStages(dockerfile, plan.stages, options, globals);
  // The target first: of two things of one name that of the target counts.
  const needed = [...reachableStages(target)].flatMap((stage) => all.get(stage) ?? []);
  const { comments = [] } = dockerfile.stages[plan.stages.indexOf(target)]?.from ?? {};
  const description = describedBy(comments, target.name);
  const args = inOrder(needed.flatMap(usedArguments));
  const secrets = inOrder(needed.flatMap((uses) => [...uses.secrets.values()]));
  const ssh = inOrder(needed.flatMap((uses) => [...uses.ssh.values()]));
  return {
    ...(target.name === undefined ? {} : { name: target.name }),
    ...(description === undefined ? {} : { description }),
    ...(args.length === 0 ? {} : { args }),
    ...(secrets.length === 0 ? {} : { secrets }),
    ...(ssh.length === 0 ? {} : { ssh }),
    sources: [encodeSource(text)],
  };
}

function usesOfStages(
  dockerfile: Dockerfile,
  stages: readonly PlannedStage[],
  options: CompileOptions,
  globals: StageScope["globals"],
): ReadonlyMap<PlannedStage, StageUses> {
  const scope = { buildArgs: options.buildArgs ?? {}, escape: dockerfile.escape, globals };
  const args = globalUses(dockerfile, options);
  const nothing = { args, used: new Set<string>(), secrets: new Map(), ssh: new Map(), variables: new Map() };
  const known = new Map<PlannedStage, StageUses>();
  for (const [index, stage] of stages.entries()) {
    const from = dockerfile.stages[index]?.from;
    const below = stage.base.type === "stage" ? known.get(stage.base.stage) : undefined;
    const ofFrom = from === undefined ? [] : usedByFrom(from, { variables: globals, escape: dockerfile.escape });
    const used = new Set([...(below?.used ?? []), ...ofFrom]);
    known.set(stage, readStageUses(stage, { ...(below ?? nothing), used }, scope));
  }
  return known;
}

function usedArguments({ args, used }: StageUses): OutlineArgument[] {
  return [...withDependencies(used, args)].flatMap((name) => args.get(name)?.argument ?? []);
}

/** The first of each name, in the order of the file. */
function inOrder<Item extends { readonly name: string; readonly location: SourceLocation }>(
  items: readonly Item[],
): readonly Item[] {
  const first = new Map<string, Item>();
  for (const item of items) if (!first.has(item.name)) first.set(item.name, item);
  const line = ({ location }: Item) => location.ranges[0]?.start.line ?? 0;
  return [...first.values()].sort((left, right) => line(left) - line(right));
}
