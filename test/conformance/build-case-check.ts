import { type ImageConfig, TsbuildError } from "@tsbuild/oci";
import { expect } from "vitest";
import { actualOf } from "./build-case-actual.ts";
import { bytesOf } from "./build-case-files.ts";
import type { Assertion, BuildCase, CaseContent, CaseStep, Verdict } from "./build-case-format.ts";
import type { Outcome } from "./build-case-run.ts";
import type { World } from "./build-case-world.ts";

/** Checks whether a step ended as it should: in BuildKit's judgement, where that differs from another tool's. */
export function checkResult(
  { steps, tool }: BuildCase,
  index: number,
  outcome: Outcome,
  verdict: Verdict | null,
): void {
  const step = steps[index] as CaseStep;
  const { expect: expected } = step;
  const refused = verdict?.error !== undefined && !ALLOWED_HERE.some((text) => verdict.error?.startsWith(text));
  if (expected.result === "success" && !refused) {
    if (outcome.error !== undefined && !isClassicOnly(step, outcome.error)) throw outcome.error;
    return;
  }
  // BuildKit takes what buildah alone refuses: an empty RUN, a volume below a file, an empty `from=`.
  const isBuildahs = tool === "buildah" && verdict !== null && !refused;
  if (outcome.error === undefined && (isBuildahs || isIgnoredByClassic(step))) return;
  if (outcome.error === undefined) throw new Error("the build succeeds, and should not");
  const text = errorText(outcome.error);
  if (refused) expect(text).toContain(withoutPrefix(verdict.error ?? ""));
  if (tool === "buildah") return;
  for (const part of expected.error_contains ?? []) expectWording(outcome.error, text, escaped(part));
  for (const pattern of expected.error_regexp ?? []) expectWording(outcome.error, text, pattern);
  const lines = linesOf(outcome.error);
  if (expected.error_lines !== undefined) expect(lines).toEqual(expected.error_lines);
  if (expected.fail_at_line !== undefined) expect(lines[0]).toBe(expected.fail_at_line);
}

/** What BuildKit refuses and buildah, as this project, takes. */
const ALLOWED_HERE: readonly string[] = ["variable expansion is not supported for --from"];

/** Docker's classic builder replaces what is of another type; BuildKit refuses to. */
function isClassicOnly({ compared_with }: CaseStep, error: unknown): boolean {
  const codes = ["NOT_A_DIRECTORY", "IS_A_DIRECTORY"];
  return compared_with === CLASSIC && codes.some((code) => TsbuildError.is(error, code));
}

/**
 * For Docker's classic builder a folder that .dockerignore leaves out is not there to be copied, though `!` brings back
 * files in it; for BuildKit it is.
 */
function isIgnoredByClassic({ compared_with, context }: CaseStep): boolean {
  const ignore = context.find(({ path }) => path === ".dockerignore")?.content ?? "";
  return compared_with === CLASSIC && /^!/m.test(ignore);
}

const CLASSIC = "classic docker builder";

/** Config and history against BuildKit's; the layers of a base are counted as one there. */
export function checkVerdict(outcome: Outcome, verdict: Verdict | null, baseHistory: readonly object[]): void {
  const { result, server } = outcome;
  if (verdict === null || verdict.error !== undefined || result === undefined) return;
  const { config, history = [], author } = withServerName(result.config, server);
  expect(config).toEqual(verdict.config ?? {});
  expect(author).toBe(verdict.author);
  const theirs = verdict.history ?? [];
  const hasBase =
    baseHistory.length > 0 && JSON.stringify(theirs.slice(0, baseHistory.length)) === JSON.stringify(baseHistory);
  const own = hasBase ? theirs.slice(baseHistory.length) : theirs;
  const ours = history.slice(history.length - own.length).map(({ created_by, empty_layer }) => ({
    created_by,
    ...(empty_layer === true ? { empty_layer } : {}),
  }));
  expect(ours).toEqual(
    own.map(({ created_by, empty_layer }) => ({ created_by, ...(empty_layer ? { empty_layer } : {}) })),
  );
}

/** A config as the cases write it: with a word for the address of their server. */
function withServerName(config: ImageConfig, server: string | undefined): ImageConfig {
  if (server === undefined) return config;
  return JSON.parse(JSON.stringify(config).replaceAll(server, "{{HTTP_SERVER}}")) as ImageConfig;
}

/** Checks one assertion about the steps so far. */
export async function checkAssertion(
  world: World,
  one: BuildCase,
  outcomes: readonly Outcome[],
  { op, actual, expected, other }: Assertion,
): Promise<void> {
  const value = async (part: Assertion["actual"]): Promise<unknown> => {
    const outcome = outcomes[part.step ?? outcomes.length - 1];
    if (outcome === undefined) throw new Error(`there is no step ${part.step}`);
    const found = await actualOf(world, outcome, part);
    return (part.transform ?? []).reduce(transformed, found);
  };
  const found = await value(actual);
  const wanted = other === undefined ? contentOf(expected) : await value(other);
  const own = outcomes.at(-1);
  // How buildah words a refusal says nothing about a build; what a command printed does.
  const isRefusal = own?.error !== undefined || one.steps[outcomes.length - 1]?.expect.result === "error";
  if (actual.kind === "build_log" && one.tool === "buildah" && isRefusal) {
    if (!TsbuildError.is(own?.error, "COMMAND_FAILED")) return;
  }
  compare(op, found, wanted, JSON.stringify(actual));
}

/** What a file must hold may be described as an archive. */
function contentOf(expected: unknown): unknown {
  const { type, entries } = (expected ?? {}) as { readonly type?: string; readonly entries?: unknown };
  if (type !== "tar" || !Array.isArray(entries)) return expected;
  return Buffer.from(bytesOf({ archive: expected as NonNullable<CaseContent["archive"]> })).toString("utf8");
}

type Check = (found: unknown, wanted: unknown, about: string) => void;

const CHECKS: Readonly<Record<string, Check>> = {
  equal: (found, wanted, about) => expect(found, about).toEqual(wanted),
  not_equal: (found, wanted, about) => expect(found, about).not.toEqual(wanted),
  contains: (found, wanted, about) => expect(Array.isArray(found) ? found : textOf(found), about).toContain(wanted),
  not_contains: (found, wanted, about) => expect(textOf(found), about).not.toContain(wanted),
  matches: (found, wanted, about) => expect(textOf(found), about).toMatch(regExpOf(String(wanted))),
  not_matches: (found, wanted, about) => expect(textOf(found), about).not.toMatch(regExpOf(String(wanted))),
  exists: (found, _, about) => expect(found, about).toBeDefined(),
  succeeds: (found, _, about) => expect(found, about).toBeDefined(),
  not_nil: (found, _, about) => expect(found, about).toBeDefined(),
  absent: (found, _, about) => expect(found, about).toBeUndefined(),
  nil: (found, _, about) => expect(found, about).toBeUndefined(),
  present: (found, wanted, about) => expect(found !== undefined && found !== false, about).toBe(wanted ?? true),
  len: (found, wanted, about) => expect(transformed(found, "len"), about).toBe(wanted),
  keys: (found, wanted, about) =>
    expect(Object.keys((found ?? {}) as object).sort(), about).toEqual([...(wanted as string[])].sort()),
  empty: (found, _, about) => expect(transformed(found, "len"), about).toBe(0),
  not_empty: (found, _, about) => expect(transformed(found, "len"), about).not.toBe(0),
  greater: (found, wanted, about) => expect(found, about).toBeGreaterThan(Number(wanted)),
  less: (found, wanted, about) => expect(found, about).toBeLessThan(Number(wanted)),
  is_dir: (found, _, about) => expect(found, about).toMatchObject({ is_dir: true }),
  non_empty_file: (found, _, about) => expect((found as { size?: number })?.size, about).toBeGreaterThan(0),
};

function compare(op: string, found: unknown, wanted: unknown, about: string): void {
  const check = CHECKS[op];
  if (check === undefined) throw new Error(`an assertion of an unknown kind: ${op}`);
  check(found, wanted, about);
}

function textOf(value: unknown): string {
  return String(value ?? "");
}

function transformed(value: unknown, name: string): unknown {
  if (name === "trim") return String(value ?? "").trim();
  if (name === "present") return value !== undefined;
  if (name !== "len") throw new Error(`a transformation of an unknown kind: ${name}`);
  if (value === undefined || value === null) return 0;
  return typeof value === "string" || Array.isArray(value) ? value.length : Object.keys(value).length;
}

/** `(?s)` in front, as Go and POSIX write it. */
function regExpOf(pattern: string): RegExp {
  return pattern.startsWith("(?s)") ? new RegExp(pattern.slice(4), "s") : new RegExp(pattern);
}

/**
 * How tools say that something is missing differs; here it is the code. BuildKit's own words wrap the path in the name
 * of an internal reference.
 */
const WORDINGS: readonly (readonly [RegExp, string])[] = [
  [/no such file or directory|file not found|file does not exist/, "SOURCE_NOT_FOUND"],
  [/^failed to calculate checksum of ref/, "SOURCE_NOT_FOUND"],
];

function expectWording(error: unknown, text: string, pattern: string): void {
  const known = WORDINGS.find(([wording]) => wording.test(pattern));
  if (known === undefined) {
    expect(text).toMatch(regExpOf(pattern));
    return;
  }
  expect(TsbuildError.is(error) ? error.code : undefined).toBe(known[1]);
  const [, path] = /"([^"]*)": not found/.exec(pattern) ?? [];
  if (path !== undefined) expect(text).toContain(path);
}

/** All that an error says, with what it was caused by. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { hint, diagnostics = [], logTail = [], cause } = error as Partial<Details> & Error;
  const told = diagnostics.flatMap((diagnostic) => [diagnostic.message, diagnostic.hint ?? ""]);
  return [error.message, hint ?? "", ...told, ...logTail, cause === undefined ? "" : errorText(cause)].join("\n");
}

interface Details {
  readonly hint?: string;
  readonly diagnostics: readonly { readonly message: string; readonly hint?: string; readonly range: Lines }[];
  readonly logTail: readonly string[];
  readonly range?: Lines;
}

interface Lines {
  readonly start: { readonly line: number };
  readonly end: { readonly line: number };
}

/** The lines of the Dockerfile that an error points at. */
function linesOf(error: unknown): readonly number[] {
  const { range, diagnostics = [] } = error as Partial<Details>;
  const at = range ?? diagnostics[0]?.range;
  if (at === undefined) return [];
  return Array.from({ length: at.end.line - at.start.line + 1 }, (_, offset) => at.start.line + offset);
}

function withoutPrefix(message: string): string {
  return message.replace(/^dockerfile parse error on line \d+: /, "");
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
