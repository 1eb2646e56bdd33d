import {
  familiarName,
  formatPlatform,
  formatReference,
  type Platform,
  parseReference,
  type Reference,
  TsbuildError,
  withDefaultTag,
} from "@tsbuild/oci";
import { quote, type Range, suggest } from "@tsbuild/parser";
import { mistake } from "./dockerfile-error.ts";
import type { Compile } from "./stage-draft.ts";
import type { PlannedStage } from "./stages.ts";

/** What a stage starts from. */
export type Base =
  | { readonly type: "scratch" }
  | { readonly type: "stage"; readonly stage: PlannedStage }
  /** `written` is the name in the file, `reference` the full one. */
  | { readonly type: "image"; readonly written: string; readonly reference: string }
  /** A named context that is a folder. */
  | { readonly type: "context"; readonly name: string; readonly directory: string };

export interface BaseOptions {
  /** Of the instruction that names it. */
  readonly range: Range;
  readonly compile: Compile;
  /** For hints. */
  readonly stageNames: Iterable<string>;
}

const NOT_CONTEXTS: ReadonlySet<string> = new Set(["scratch", "context"]);
const IMAGE_SCHEME = "docker-image://";

/**
 * What `name` means where it is no stage: nothing, a named context, an image.
 * @throws DockerfileError for what can be no image name
 */
export function baseOf(name: string, platform: Platform, options: BaseOptions): Base {
  if (name === "scratch") return { type: "scratch" };
  const reference = fullReference(name, options);
  return contextOf(name, platform, options) ?? { type: "image", written: name, reference };
}

/**
 * The named context that is called `name`, if there is one.
 * @throws DockerfileError for `docker-image://` and what can be no image name
 */
export function contextOf(name: string, platform: Platform, options: BaseOptions): Base | undefined {
  if (NOT_CONTEXTS.has(name.toLowerCase())) return undefined;
  const { namedContexts = {} } = options.compile.options;
  const short = familiarOf(name);
  const keys = [`${short}::${formatPlatform(platform)}`, short];
  const key = keys.find((candidate) => Object.hasOwn(namedContexts, candidate));
  const value = key === undefined ? undefined : namedContexts[key];
  if (key === undefined || value === undefined) return undefined;
  if (!value.startsWith(IMAGE_SCHEME)) return { type: "context", name: key, directory: value };
  const written = value.slice(IMAGE_SCHEME.length);
  return { type: "image", written, reference: fullReference(written, options) };
}

function familiarOf(name: string): string {
  const reference = tryReference(name);
  return reference === undefined ? name : familiarName(reference).replace(/:latest$/, "");
}

function fullReference(name: string, { range, stageNames }: BaseOptions): string {
  const reference = tryReference(name);
  if (reference !== undefined) return formatReference(withDefaultTag(reference));
  const names = [...stageNames];
  const stage = names.includes(name.toLowerCase()) ? name.toLowerCase() : suggest(name, names);
  const message = `failed to parse stage name ${quote(name)}: invalid reference format${capitalsIn(name)}`;
  throw mistake(message, range, {
    code: "REFERENCE_INVALID",
    hint:
      stage === undefined ? undefined : `did you mean the stage ${stage}? The names of stages are kept in lower case`,
  });
}

function tryReference(name: string): Reference | undefined {
  try {
    return parseReference(name);
  } catch (error) {
    if (TsbuildError.is(error)) return undefined;
    throw error;
  }
}

/** What Docker adds where capitals are the reason. */
function capitalsIn(name: string): string {
  const slash = name.indexOf("/");
  const host = slash < 0 ? "" : name.slice(0, slash);
  const hasHost = host === "localhost" || /[.:A-Z]/.test(host);
  const path = hasHost ? name.slice(slash + 1) : slash < 0 ? `library/${name}` : name;
  const repository = path.replace(/:.*/s, "");
  return repository === repository.toLowerCase() ? "" : `: repository name (${repository}) must be lowercase`;
}
