import type { SourceLocation } from "./source-location.ts";

/** What a target takes from outside, in the shape of BuildKit's `frontend.outline`. What is empty is left out. */
export interface Outline {
  readonly name?: string;
  readonly description?: string;
  readonly args?: readonly OutlineArgument[];
  readonly secrets?: readonly OutlineSecret[];
  readonly ssh?: readonly OutlineSecret[];
  /** The Dockerfile in base64. */
  readonly sources: readonly string[];
}

export interface OutlineArgument {
  readonly name: string;
  readonly description?: string;
  /** The default, or what was given. */
  readonly value?: string;
  readonly location: SourceLocation;
}

/** A secret or an SSH agent. */
export interface OutlineSecret {
  readonly name: string;
  readonly required?: boolean;
  readonly location: SourceLocation;
}
