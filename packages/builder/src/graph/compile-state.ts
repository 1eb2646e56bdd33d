import {
  formatPlatform,
  formatReference,
  type Platform,
  parsePlatform,
  parseReference,
  withDefaultTag,
} from "@tsbuild/oci";
import type { CompilePorts, ResolvedImage } from "../dockerfile/compile-options.ts";
import { finalConfig, imagePlatform } from "../dockerfile/final-config.ts";
import type { Compiled } from "./compiled.ts";
import type { State, StateStep } from "./state.ts";
import {
  imageDraft,
  localDraft,
  type StateDraft,
  type StateOptions,
  type StateScope,
  scratchDraft,
} from "./state-draft.ts";
import { configChange, copyStep, envStep, runStep, userStep, workdirStep } from "./state-steps.ts";
import { vertexFactory, verticesOf } from "./vertex.ts";

/**
 * Compiles a state to the same kind of graph as a Dockerfile: equal steps have equal digests, whoever described them.
 * Base images are asked for all at a time, each once. Folders get names of their own, which `Compiled.contexts` explains.
 * @throws TsbuildError REFERENCE_INVALID, PLATFORM_INVALID; whatever `ports.resolveImage` rejects with
 */
export async function compileState(state: State, options: StateOptions, ports: CompilePorts): Promise<Compiled> {
  ports.signal?.throwIfAborted();
  const states = statesOf(state);
  const images = await resolveImages(states, options.platform, ports);
  ports.signal?.throwIfAborted();
  const scope: StateScope = { options, contexts: new Map(), vertex: vertexFactory() };
  const drafts = new Map<State, StateDraft>();
  for (const each of states) drafts.set(each, draftOf(each, drafts, images, scope));
  return compiledOf(draftIn(drafts, state), scope);
}

type Images = ReadonlyMap<State, { readonly image: ResolvedImage; readonly platform: Platform }>;

/** All states that `state` is made of and itself, each once, those it is made of first. */
function statesOf(state: State): readonly State[] {
  const seen = new Set<State>();
  const visit = (each: State): void => {
    if (seen.has(each)) return;
    const { step } = each;
    if ("base" in step) visit(step.base);
    if (step.type === "copy") visit(step.from);
    seen.add(each);
  };
  visit(state);
  return [...seen];
}

async function resolveImages(states: readonly State[], target: Platform, ports: CompilePorts): Promise<Images> {
  const asked = new Map<string, Promise<ResolvedImage>>();
  const options = ports.signal === undefined ? {} : { signal: ports.signal };
  const wanted = states.flatMap((state) => (state.step.type === "image" ? [{ state, step: state.step }] : []));
  const resolved = wanted.map(async ({ state, step }) => {
    const platform = step.platform === undefined ? target : parsePlatform(step.platform);
    const reference = formatReference(withDefaultTag(parseReference(step.reference)));
    const key = `${reference} ${formatPlatform(platform)}`;
    const answer = asked.get(key) ?? ports.resolveImage(reference, platform, options);
    asked.set(key, answer);
    return [state, { image: await answer, platform }] as const;
  });
  return new Map(await Promise.all(resolved));
}

function draftOf(state: State, drafts: ReadonlyMap<State, StateDraft>, images: Images, scope: StateScope): StateDraft {
  const { step } = state;
  switch (step.type) {
    case "image": {
      const resolved = images.get(state);
      return resolved === undefined ? scratchDraft(scope) : imageDraft(resolved.image, resolved.platform, scope);
    }
    case "scratch":
      return scratchDraft(scope);
    case "local":
      return localDraft(step, scope);
    case "copy":
      return copyStep(step, draftIn(drafts, step.base), draftIn(drafts, step.from), scope);
    default:
      return changeOf(step, draftIn(drafts, step.base), scope);
  }
}

function changeOf(
  step: Extract<StateStep, { type: "run" | "env" | "workdir" | "user" | "config" }>,
  base: StateDraft,
  scope: StateScope,
): StateDraft {
  switch (step.type) {
    case "run":
      return runStep(step, base, scope);
    case "env":
      return envStep(step, base);
    case "workdir":
      return workdirStep(step, base, scope);
    case "user":
      return userStep(step, base);
    case "config":
      return configChange(step, base);
  }
}

/** States are gone through in order, so what one is made of is there before it. */
function draftIn(drafts: ReadonlyMap<State, StateDraft>, state: State): StateDraft {
  return drafts.get(state) as StateDraft;
}

function compiledOf(
  { baseHistory, config, history, image, root }: StateDraft,
  { contexts, options }: StateScope,
): Compiled {
  const used = new Set(verticesOf(root).flatMap(({ op }) => (op.type === "local" ? [op.name] : [])));
  return {
    platform: imagePlatform(image, options.platform),
    root,
    config: finalConfig(config, options.labels),
    author: image.author,
    baseHistory,
    history,
    diagnostics: [],
    contexts: new Map([...contexts].filter(([name]) => used.has(name))),
  };
}
