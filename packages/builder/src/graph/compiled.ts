import type { ContainerConfig, HistoryEntry, Platform } from "@tsbuild/oci";
import type { Diagnostic } from "@tsbuild/parser";
import type { Vertex } from "./op.ts";

/** One history entry to be: `vertex` says which step made its layer; undefined for a step without one. */
export interface HistoryStep {
  readonly createdBy: string;
  readonly comment?: string;
  readonly author?: string;
  readonly vertex: Vertex | undefined;
}

/** What a Dockerfile, or a chain of from().copy().run(), compiles to: a graph and the image config that goes with its result. */
export interface Compiled {
  readonly platform: Platform;
  /** The step whose result is the image's file system; undefined: an image without layers. */
  readonly root: Vertex | undefined;
  readonly config: ContainerConfig;
  readonly author: string | undefined;
  /** The base image's history, unchanged, then the steps of this build. */
  readonly baseHistory: readonly HistoryEntry[];
  readonly history: readonly HistoryStep[];
  /** Warnings only: errors are thrown. */
  readonly diagnostics: readonly Diagnostic[];
  /** The folders behind the graph's local ops, by name, as far as the compile knows them. */
  readonly contexts?: ReadonlyMap<string, LocalContext>;
  /** Seconds since 1970, where the build argument SOURCE_DATE_EPOCH says so. */
  readonly epoch?: number;
}

/** A folder of the host, and which of its files count. */
export interface LocalContext {
  readonly directory: string;
  /** For messages: where the files come from. @default the folder */
  readonly title?: string;
  /** Patterns of .dockerignore: only what one of them matches. @default everything */
  readonly include?: readonly string[];
  /** Patterns of .dockerignore, `!` included: what they match is left out. @default nothing */
  readonly exclude?: readonly string[];
}
