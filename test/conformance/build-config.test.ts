import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { digestOf, type HistoryEntry, type ImageConfig, parsePlatform } from "@tsbuild/oci";
import { parseDockerfile } from "@tsbuild/parser";
import { describe, expect, test } from "vitest";
import { compileDockerfile } from "../../packages/builder/src/dockerfile/compile.ts";
import type { CompileOptions } from "../../packages/builder/src/dockerfile/compile-options.ts";
import { DockerfileError } from "../../packages/builder/src/dockerfile/dockerfile-error.ts";
import type { Compiled } from "../../packages/builder/src/graph/compiled.ts";
import { CONFORMANCE_DIR } from "./cases.ts";
import type { Exceptions } from "./each-case.ts";

/** What BuildKit's own converter made of a Dockerfile when every external image had one and the same config. */
interface Verdict {
  readonly config?: object;
  readonly history?: readonly object[];
  readonly author?: string;
  readonly error?: string;
  readonly error_lines?: readonly (readonly [number, number])[] | null;
}

/** Where this project means to differ. */
const EXCEPTIONS: Exceptions = {
  "build/buildah-bud/bud-with-ARG-before-FROM step 2": "COPY --from takes the variables of global ARGs here",
  "build/buildkit/testDockerignoreInvalid/0 step 0": "a build reads .dockerignore, a compile does not",
};

/** Images by full name; every other name is `base`. */
interface Images {
  readonly base: ImageConfig;
  readonly built: Map<string, ImageConfig>;
}

async function compileWith(text: string, { base, built }: Images, options: CompileOptions): Promise<Compiled> {
  return await compileDockerfile(parseDockerfile(text), options, {
    resolveImage: async (reference) => ({
      reference,
      digest: digestOf(reference),
      config: built.get(reference) ?? base,
    }),
  });
}

async function check(
  text: string,
  images: Images,
  options: CompileOptions,
  verdict: Verdict,
): Promise<Compiled | undefined> {
  if (verdict.error !== undefined) {
    await expectError(compileWith(text, images, options), verdict);
    return undefined;
  }
  const compiled = await compileWith(text, images, options);
  expect(compiled.config).toEqual(verdict.config ?? {});
  expect(historyOf(compiled)).toEqual(verdict.history);
  expect(compiled.author).toBe(verdict.author);
  return compiled;
}

async function expectError(compiling: Promise<Compiled>, verdict: Verdict): Promise<void> {
  const error = await compiling.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DockerfileError);
  const first = error instanceof DockerfileError ? error.diagnostics[0] : undefined;
  expect(first?.message).toBe(verdict.error?.replace(/^dockerfile parse error on line \d+: /, ""));
  const [lines] = verdict.error_lines ?? [];
  if (lines !== undefined && verdict.error_lines?.length === 1) expect(first?.range.start.line).toBe(lines[0]);
}

function historyOf({ baseHistory, history }: Compiled): readonly HistoryEntry[] {
  const steps = history.map(({ createdBy, vertex }) => ({
    created_by: createdBy,
    ...(vertex === undefined ? { empty_layer: true } : {}),
  }));
  return [...baseHistory, ...steps];
}

function read<Content>(path: string): Content {
  return JSON.parse(readFileSync(path, "utf8")) as Content;
}

interface CorpusVerdict {
  readonly platform: string;
  readonly image_config?: { readonly config?: object; readonly author?: string };
  readonly history?: readonly object[];
  readonly build_error?: unknown;
  readonly build_error_lines?: Verdict["error_lines"];
}

const corpus = resolve(CONFORMANCE_DIR, "corpus");

describe.skipIf(!existsSync(corpus))("image config and history of the corpus (needs the conformance data)", () => {
  if (!existsSync(corpus)) {
    test("all files", () => {});
    return;
  }
  const bases = read<Record<string, ImageConfig>>(resolve(corpus, "base_images.json"));
  for (const path of filesNamed("expected.json", corpus)) {
    const expected = read<CorpusVerdict>(path);
    const folder = dirname(path);
    test(folder.slice(corpus.length + 1), async () => {
      const base = bases[expected.platform.startsWith("windows") ? "windows" : "linux"] as ImageConfig;
      const images = { base, built: new Map() };
      await check(readFileSync(resolve(folder, "Dockerfile"), "utf8"), images, platformOption(expected.platform), {
        ...(expected.image_config?.author === undefined ? {} : { author: expected.image_config.author }),
        ...(expected.image_config?.config === undefined ? {} : { config: expected.image_config.config }),
        ...(expected.history === undefined ? {} : { history: expected.history }),
        ...(typeof expected.build_error === "string" ? { error: expected.build_error } : {}),
      });
    });
  }
});

interface Step {
  readonly dockerfile: string;
  readonly options?: {
    readonly build_args?: Readonly<Record<string, string | null>>;
    readonly labels?: Readonly<Record<string, string>>;
    readonly target?: string;
    readonly platform?: string;
    readonly hostname?: string;
  };
  readonly image_names?: readonly string[] | null;
}

/** A step of a case that BuildKit has been asked about. */
interface JudgedStep {
  readonly name: string;
  readonly step: Step;
  readonly verdict: Verdict;
}

type Case = { readonly id: string; readonly steps?: readonly Step[] } & Partial<Step>;

interface BuildKitSays {
  readonly base_image: ImageConfig;
  readonly steps: Readonly<Record<string, readonly (Verdict | null)[]>>;
}

const builds = resolve(CONFORMANCE_DIR, "build-cases");

describe.skipIf(!existsSync(builds))("build cases as BuildKit converts them (needs the conformance data)", () => {
  if (!existsSync(builds)) {
    test("all cases", () => {});
    return;
  }
  const says = read<BuildKitSays>(resolve(builds, "buildkit_says.json"));
  const cases = filesNamed(".json", builds).flatMap((path) => read<{ cases?: readonly Case[] }>(path).cases ?? []);
  for (const input of cases) {
    const images: Images = { base: says.base_image, built: new Map() };
    for (const { name, step, verdict } of judgedSteps(input, says)) {
      const reason = EXCEPTIONS[name];
      test.skipIf(reason !== undefined)(reason === undefined ? name : `${name} (${reason})`, async () => {
        const options = optionsOf(step);
        const compiled = await check(step.dockerfile, images, options, verdict);
        if (compiled === undefined) return;
        for (const image of step.image_names ?? []) images.built.set(image, configOf(compiled));
      });
    }
  }
});

function judgedSteps(input: Case, { steps }: BuildKitSays): readonly JudgedStep[] {
  return (input.steps ?? [input as Step]).flatMap((step, index) => {
    const verdict = steps[input.id]?.[index];
    return verdict === undefined || verdict === null ? [] : [{ name: `${input.id} step ${index}`, step, verdict }];
  });
}

/** What a later step finds under the name that this one gave its image. */
function configOf(compiled: Compiled): ImageConfig {
  const { config, platform } = compiled;
  const history = historyOf(compiled);
  const layers = history.filter((entry) => entry.empty_layer !== true);
  const diff_ids = layers.map((entry) => digestOf(entry.created_by ?? ""));
  return { ...platform, config, history, rootfs: { type: "layers", diff_ids } };
}

function optionsOf({ options = {} }: Step): CompileOptions {
  const { build_args = {}, labels, target, platform = "linux/amd64", hostname } = options;
  // Null: taken from the client's environment, which the converter was not given.
  const given = Object.entries(build_args).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
  return {
    ...platformOption(platform),
    buildArgs: Object.fromEntries(given),
    ...(labels === undefined ? {} : { labels }),
    ...(target === undefined ? {} : { target }),
    ...(hostname === undefined ? {} : { hostname }),
  };
}

function platformOption(text: string): Pick<CompileOptions, "platform" | "buildPlatform"> {
  return {
    // Of several, the first one is what the converter was asked about.
    platform: parsePlatform(text.split(",")[0] ?? text),
    buildPlatform: { os: "linux", architecture: "amd64" },
  };
}

function filesNamed(ending: string, folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => resolve(folder, name));
}
