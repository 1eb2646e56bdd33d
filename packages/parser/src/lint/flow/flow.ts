import type { Instruction, Stage } from "../../ast.ts";
import type { Expansion } from "../../expand.ts";
import type { PortSpec } from "../../flags/parse-ports.ts";

/** A FROM, with its variables expanded. */
export interface FromFlow {
  readonly stage: Stage;
  readonly image: Expansion;
  readonly platform: Expansion | undefined;
  /** Names that a FROM may use: global ARGs, with or without value, and what every build sets. */
  readonly knownArgs: readonly string[];
  /** What `$TARGETPLATFORM` is. */
  readonly targetPlatform: string;
}

/** A base image that is not the stage's platform. */
export interface PlatformMismatch {
  readonly stage: Stage;
  readonly image: string;
  readonly expected: string;
  readonly actual: string;
}

/** An instruction of a stage, with its variables expanded in the environment as of its start. */
export interface StepFlow {
  readonly instruction: Instruction;
  /** Variables that are used and not set, with a known name that is near. */
  readonly undefinedVars: readonly { readonly name: string; readonly suggestion: string | undefined }[];
  /** Of WORKDIR. */
  readonly workdir: { readonly path: string; readonly isAbsolute: boolean; readonly isFirst: boolean } | undefined;
  /** Of COPY and ADD: local sources from the context. */
  readonly contextSources: readonly string[];
  /** Of EXPOSE, in BuildKit's order. */
  readonly ports: readonly { readonly text: string; readonly spec: PortSpec }[];
  /** Whether SHELL, in this stage or below it, has set a shell. */
  readonly hasShell: boolean;
}

export interface Flow {
  /** FROM lines whose image is no valid name when no build argument is given. */
  readonly invalidDefaults: readonly Stage[];
  readonly froms: readonly FromFlow[];
  readonly mismatches: readonly PlatformMismatch[];
  readonly steps: readonly StepFlow[];
}

/** What the config of a base image says. */
export interface BaseImage {
  readonly os: string;
  readonly architecture: string;
  /** As `linux/arm64/v8` or `windows(10.0.20348.1)/amd64`. */
  readonly platform: string;
  /** `NAME=value` each. */
  readonly env: readonly string[];
  /** Whether the image sets a shell of its own. */
  readonly hasShell?: boolean;
}

export interface FlowOptions {
  /** Values of build arguments. */
  readonly buildArgs?: Readonly<Record<string, string>>;
  /**
   * The stage that is built.
   * @default the last
   */
  readonly target?: string;
  /** @default "linux/amd64" */
  readonly platform?: string;
  /**
   * Of the machine that builds.
   * @default "linux/amd64"
   */
  readonly buildPlatform?: string;
  /**
   * Tells what a base image brings; without it, or where it answers undefined, variables of stages on that image are not
   * judged, because the image may set them.
   */
  readonly baseImage?: (image: string, platform: string) => BaseImage | undefined;
}
