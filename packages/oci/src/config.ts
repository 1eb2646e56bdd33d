import type { Digest } from "./digest.ts";
import { digest, exactly, flag, integer, listOf, object, parseDocument, recordOf, text } from "./shape.ts";

/** How to tell whether a container is well (Docker's extension of the image config). Times are in nanoseconds. */
export interface Healthcheck {
  /** `["NONE"]`, `["CMD", ...]` or `["CMD-SHELL", text]`. */
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** What a container of the image starts with: the `config` of OCI image-spec config.md and Docker's extensions, in the names of the JSON. */
export interface ContainerConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  /** `NAME=value`, in order. */
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Volumes?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly ArgsEscaped?: boolean;
  readonly Healthcheck?: Healthcheck;
  readonly OnBuild?: readonly string[] | null;
  readonly Shell?: readonly string[];
}

/** One step of how an image came to be. */
export interface HistoryEntry {
  /** RFC 3339. */
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  /** True where the step added no layer. */
  readonly empty_layer?: boolean;
}

/** The config file of an image (OCI image-spec config.md), in the names of its JSON. */
export interface ImageConfig {
  readonly created?: string;
  readonly author?: string;
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly "os.version"?: string;
  readonly "os.features"?: readonly string[];
  readonly config?: ContainerConfig;
  readonly rootfs: { readonly type: "layers"; readonly diff_ids: readonly Digest[] };
  readonly history?: readonly HistoryEntry[];
}

const SET = recordOf(object({}, {}));
const HEALTHCHECK = object(
  {},
  {
    Test: listOf(text),
    Interval: integer,
    Timeout: integer,
    StartPeriod: integer,
    StartInterval: integer,
    Retries: integer,
  },
);
const CONTAINER = object(
  {},
  {
    User: text,
    ExposedPorts: SET,
    Env: listOf(text),
    Entrypoint: listOf(text),
    Cmd: listOf(text),
    Volumes: SET,
    WorkingDir: text,
    Labels: recordOf(text),
    StopSignal: text,
    ArgsEscaped: flag,
    Healthcheck: HEALTHCHECK,
    OnBuild: listOf(text),
    Shell: listOf(text),
  },
);
const HISTORY = object({}, { created: text, created_by: text, author: text, comment: text, empty_layer: flag });
const IMAGE = object(
  {
    architecture: text,
    os: text,
    rootfs: object({ type: exactly("layers"), diff_ids: listOf(digest) }, {}),
  },
  {
    created: text,
    author: text,
    variant: text,
    "os.version": text,
    "os.features": listOf(text),
    config: CONTAINER,
    history: listOf(HISTORY),
  },
);

/**
 * Reads the config of an image. Members that the types here do not name (Docker writes several) are kept.
 * @throws TsbuildError CONFIG_INVALID
 */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  return parseDocument(bytes, IMAGE, { what: "image config", code: "CONFIG_INVALID" });
}
