import type { Diagnostic, ParseResult } from "@tsbuild/parser";
import type { Compiled, LocalContext } from "../graph/compiled.ts";
import { vertexFactory, verticesOf } from "../graph/vertex.ts";
import { globalArguments, proxyEnvironment, sourceDateEpoch } from "./arguments.ts";
import { buildStages, resolveBases } from "./build-stages.ts";
import type { CompileOptions, CompilePorts } from "./compile-options.ts";
import { DockerfileError, mistake } from "./dockerfile-error.ts";
import { finalConfig, imagePlatform } from "./final-config.ts";
import type { Compile, StageDraft } from "./stage-draft.ts";
import { labelStages, type PlannedStage, planStages, refuseCircles, targetStage } from "./stages.ts";
import { unusedArguments } from "./unused-arguments.ts";

/**
 * Compiles a Dockerfile to a graph, with the image config and history that go with its result.
 *
 * Only what the target needs is compiled, and only its base images are asked for, all at a time. Nothing is built.
 * @throws DockerfileError DOCKERFILE_INVALID with every mistake that was found
 * @throws whatever `ports.resolveImage` rejects with; the signal's reason after an abort
 */
export async function compileDockerfile(
  { dockerfile, diagnostics }: Pick<ParseResult, "dockerfile" | "diagnostics">,
  options: CompileOptions,
  ports: CompilePorts,
): Promise<Compiled> {
  ports.signal?.throwIfAborted();
  refuseErrors(diagnostics);
  if (dockerfile.stages.length === 0)
    throw mistake("dockerfile contains no stages to build", undefined, { hint: "a Dockerfile begins with FROM" });
  const variables = globalArguments(dockerfile, options);
  const epoch = sourceDateEpoch(dockerfile, options, variables);
  const compile: Compile = {
    options,
    escape: dockerfile.escape,
    globalArguments: variables,
    hiddenEnv: proxyEnvironment(options.buildArgs),
    vertex: vertexFactory(),
    diagnostics: [],
  };
  const draft = await compileTarget(dockerfile, compile, ports);
  const { author, baseHistory, history, root } = draft;
  return {
    platform: imagePlatform(draft.image, options.platform),
    root,
    config: finalConfig(draft.config, options.labels),
    author,
    baseHistory,
    history,
    diagnostics: [...diagnostics, ...compile.diagnostics, ...unusedArguments(dockerfile, options)],
    contexts: contextsOf(draft, options),
    ...(epoch === undefined ? {} : { epoch }),
  };
}

async function compileTarget(
  dockerfile: ParseResult["dockerfile"],
  compile: Compile,
  ports: CompilePorts,
): Promise<StageDraft> {
  const plan = planStages(dockerfile, compile);
  const target: PlannedStage = targetStage(plan, compile.options.target);
  refuseCircles(plan);
  labelStages(plan);
  const images = await resolveBases(target, plan, compile, ports);
  const draft = buildStages(target, images, plan, compile).get(target);
  refuseErrors(compile.diagnostics);
  if (draft === undefined) throw new DockerfileError(compile.diagnostics);
  return draft;
}

function refuseErrors(diagnostics: readonly Diagnostic[]): void {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new DockerfileError(errors);
}

/** The folders behind the graph's local ops. */
function contextsOf({ root }: StageDraft, options: CompileOptions): ReadonlyMap<string, LocalContext> {
  const names = verticesOf(root).flatMap(({ op }) => (op.type === "local" ? [op.name] : []));
  const known = names.flatMap((name): readonly (readonly [string, LocalContext])[] => {
    if (name === "context") return options.context === undefined ? [] : [[name, options.context]];
    const directory = options.namedContexts?.[name];
    return directory === undefined ? [] : [[name, { directory }]];
  });
  return new Map(known);
}
