import { describedBy, type ParseResult } from "@tsbuild/parser";
import { DockerfileError } from "./dockerfile-error.ts";
import { encodeSource, locationOf, type SourceLocation } from "./source-location.ts";

/** The stages of a Dockerfile, in the shape of BuildKit's `frontend.targets`. */
export interface TargetList {
  readonly targets: readonly Target[];
  /** The Dockerfile in base64. */
  readonly sources: readonly string[];
}

/** What has nothing to say is left out. */
export interface Target {
  readonly name?: string;
  /** Built where no target is given. */
  readonly default?: boolean;
  /** From the comment above FROM that begins with the name. */
  readonly description?: string;
  /** The image or stage as it is written. */
  readonly base?: string;
  readonly platform?: string;
  readonly location: SourceLocation;
}

/**
 * Lists what can be built.
 * @throws DockerfileError DOCKERFILE_INVALID
 */
export function listTargets({ dockerfile, diagnostics }: ParseResult, text: string): TargetList {
  if (diagnostics.length > 0) throw new DockerfileError(diagnostics);
  const targets = dockerfile.stages.map(({ name, from, index }): Target => {
    const description = describedBy(from.comments, name);
    return {
      ...(name === undefined ? {} : { name }),
      ...(index === dockerfile.stages.length - 1 ? { default: true } : {}),
      ...(description === undefined ? {} : { description }),
      base: from.image.text,
      ...(from.platform === undefined ? {} : { platform: from.platform }),
      location: locationOf(from.range),
    };
  });
  return { targets, sources: [encodeSource(text)] };
}
