import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ImageConfig } from "@tsbuild/oci";
import type { Assertion, BuildCase, CaseFile, CaseStep, Expectation, Tool, Verdict } from "./build-case-format.ts";
import { CONFORMANCE_DIR } from "./cases.ts";

const FOLDER: string = resolve(CONFORMANCE_DIR, "build-cases");

/** Whether the cases are here. */
export const hasBuildCases: boolean = existsSync(FOLDER);

/** BuildKit's word on the config and history of the cases. */
export interface Judge {
  /** What every external image had for a config. */
  readonly base_image: ImageConfig;
  /** By case, one for each step; null: BuildKit was not asked. */
  readonly steps: Readonly<Record<string, readonly (Verdict | null)[]>>;
}

export function loadJudge(): Judge {
  const empty = { base_image: { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } } };
  return read<Judge>("buildkit_says.json") ?? ({ ...empty, steps: {} } as Judge);
}

/** The suites by name, each with its cases in one form. */
export function loadSuites(): ReadonlyMap<string, readonly BuildCase[]> {
  const suites = new Map<string, readonly BuildCase[]>();
  const buildkit = existsSync(join(FOLDER, "buildkit")) ? readdirSync(join(FOLDER, "buildkit")).sort() : [];
  for (const file of buildkit) suites.set(`buildkit/${file.slice(0, -5)}`, ofSteps(`buildkit/${file}`, "buildkit"));
  suites.set("buildah-conformance", conformanceCases());
  suites.set("buildah-bud", ofSteps("buildah-bud/cases.json", "buildah"));
  suites.set("kaniko", kanikoCases());
  return suites;
}

function ofSteps(path: string, tool: Tool): readonly BuildCase[] {
  return (read<{ cases: readonly BuildCase[] }>(path)?.cases ?? []).map((one) => ({ ...one, tool }));
}

/** A case that is one build, with what is said about it beside the step. */
interface SingleCase extends Omit<CaseStep, "context" | "asserts"> {
  readonly id: string;
  readonly bases: readonly string[];
  readonly tags: readonly string[];
  readonly context: readonly CaseFile[] | "shared";
}

/** Trees that were worked out from the rules, as upstream records none. */
interface Derived {
  readonly derived: Readonly<Record<string, { readonly files: readonly string[]; readonly dirs: readonly string[] }>>;
}

function conformanceCases(): readonly BuildCase[] {
  const { derived = {} } = read<Derived>("buildah-conformance/derived_files.json") ?? {};
  const cases = read<{ cases: readonly SingleCase[] }>("buildah-conformance/cases.json")?.cases ?? [];
  return cases.map((one) => {
    const tree = derived[one.id];
    const { files = [], dirs = [] } = tree ?? {};
    const expected = [...files, ...dirs].sort();
    const whole: readonly Assertion[] = tree === undefined ? [] : [{ op: "equal", actual: { kind: "tree" }, expected }];
    return single(one, [...logAsserts(one.expect), ...whole], "docker");
  });
}

function kanikoCases(): readonly BuildCase[] {
  const shared = read<{ context: readonly CaseFile[] }>("kaniko/context.json")?.context ?? [];
  const cases = read<{ cases: readonly SingleCase[] }>("kaniko/cases.json")?.cases ?? [];
  return cases.map((one) => {
    const context = one.context === "shared" ? shared : one.context;
    return single({ ...one, context }, logAsserts(one.expect), "kaniko");
  });
}

function single(one: SingleCase, asserts: readonly Assertion[], tool: Tool): BuildCase {
  const { id, bases, tags, ...step } = one;
  const context = step.context === "shared" ? [] : step.context;
  return { id, bases, tags, tool, steps: [{ ...step, context, asserts }] };
}

function logAsserts(expected: Expectation): readonly Assertion[] {
  const actual = { kind: "build_log" };
  const { log_stdout_regexp, log_stderr_regexp, log_not_contains = [] } = expected;
  const patterns = [log_stdout_regexp, log_stderr_regexp].filter((pattern) => pattern !== undefined);
  return [
    ...patterns.map((pattern) => ({ op: "matches", actual, expected: pattern })),
    ...log_not_contains.map((text) => ({ op: "not_contains", actual, expected: text })),
  ];
}

function read<Content>(path: string): Content | undefined {
  const file = join(FOLDER, path);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Content) : undefined;
}
