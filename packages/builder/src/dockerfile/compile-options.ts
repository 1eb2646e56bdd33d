import type { AbortOptions, Digest, ImageConfig, Platform } from "@tsbuild/oci";
import type { LocalContext } from "../graph/compiled.ts";

/** What a compile of a Dockerfile depends on besides its text. */
export interface CompileOptions {
  /** What the image is for. */
  readonly platform: Platform;
  /** Where the build runs: `BUILDPLATFORM`. @default `platform` */
  readonly buildPlatform?: Platform;
  /** Name (in any case) or index of a stage. @default the last stage */
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Added to the image's labels last. They stand in no history entry. */
  readonly labels?: Readonly<Record<string, string>>;
  /** No step is taken from the cache. @default false */
  readonly noCache?: boolean;
  /** The steps of these stages are not taken from the cache. */
  readonly noCacheFilter?: readonly string[];
  /** Of every RUN that does not say its own. @default "default" */
  readonly network?: "default" | "host" | "none";
  /** `name:address`, for every RUN. */
  readonly extraHosts?: readonly string[];
  /** Of every RUN. @default "buildkitsandbox", as BuildKit's: it is part of a step's identity */
  readonly hostname?: string;
  /** The build context, where the caller wants it in `Compiled.contexts`. */
  readonly context?: LocalContext;
  /**
   * What stands for a stage or an image of that name: `docker-image://reference`, or a folder. A base image is looked up
   * as people type it, without `:latest`; `name::linux/arm64` holds for one platform only.
   */
  readonly namedContexts?: Readonly<Record<string, string>>;
  /** Step names start with the platform: several are being built. @default false */
  readonly multiPlatform?: boolean;
}

/** An image as a compile needs to know it. */
export interface ResolvedImage {
  /** The manifest of the platform asked for. */
  readonly digest: Digest;
  readonly config: ImageConfig;
  /** Full name. */
  readonly reference: string;
}

/** What a compile asks the world for. */
export interface CompilePorts extends AbortOptions {
  /**
   * Finds an image of a registry or of the local store. `reference` is full, with a tag or a digest. Called once for
   * each image and platform, for what the target needs only, several at a time.
   */
  resolveImage(reference: string, platform: Platform, options: AbortOptions): Promise<ResolvedImage>;
}
