import { familiarName, formatReference, parseReference, TsbuildError, withDefaultTag } from "@tsbuild/oci";
import { describe, expect, test } from "vitest";
import { isDomain, isTag, splitReference } from "../../packages/oci/src/reference-grammar.ts";
import { suiteOf } from "./cases.ts";

interface Case {
  readonly id: string;
  readonly skip?: unknown;
  readonly [member: string]: unknown;
}

function each(name: string, check: (input: Case) => void): void {
  const cases = suiteOf<Case>(`reference/${name}.json`);
  if (cases === undefined) test.skip(`reference/${name} (needs the conformance data)`, () => undefined);
  describe.skipIf(cases === undefined)(`reference/${name}`, () => {
    const judged = (cases ?? []).filter(({ skip }) => skip === undefined);
    test.each(judged.map((input) => [input.id, input] as const))("%s", (_, input) => check(input));
  });
}

const text = (value: unknown): string => String(value);

function outcome<T>(work: () => T): T | "REFERENCE_INVALID" {
  try {
    return work();
  } catch (error) {
    if (TsbuildError.is(error, "REFERENCE_INVALID")) return "REFERENCE_INVALID";
    throw error;
  }
}

each("normalized_valid", ({ input, valid }) => {
  expect(outcome(() => parseReference(text(input))) !== "REFERENCE_INVALID").toBe(valid);
});

each("repository_info", ({ input, familiarName: familiar, fullName, domain, path }) => {
  const reference = parseReference(text(input));
  expect([familiarName(reference), formatReference(reference)]).toEqual([familiar, fullName]);
  expect(reference).toEqual({ registry: domain, repository: path });
});

each("split_hostname_normalized", ({ input, domain, path }) => {
  expect(parseReference(text(input))).toEqual({ registry: domain, repository: path });
});

each("tag_and_digest", ({ input, string, familiarString }) => {
  const reference = parseReference(text(input));
  expect([formatReference(reference), familiarName(reference)]).toEqual([string, familiarString]);
});

each("docker_ref", ({ input, expected, error }) => {
  const { tag, ...rest } = withDefaultTag(parseReference(text(input)));
  const canonical = rest.digest === undefined && tag !== undefined ? { ...rest, tag } : rest;
  expect(error).toBeUndefined();
  expect(formatReference(canonical)).toBe(expected);
});

// A bare id is an image, not a name: the store's resolve() takes it, parseReference() must not.
each("any", ({ input, equivalent, error }) => {
  const name = text(input);
  const isId = /^(?:sha256:)?[a-f0-9]{64}$/.test(name);
  if (isId) {
    expect(equivalent).toBe(name.startsWith("sha256:") ? name : `sha256:${name}`);
    expect(outcome(() => parseReference(name))).toBe("REFERENCE_INVALID");
  } else if (error !== undefined) expect(outcome(() => parseReference(name))).toBe("REFERENCE_INVALID");
  else expect(formatReference(parseReference(name))).toBe(equivalent);
});

each("parse", ({ input, error, name, domain, tag, digest }) => {
  const parts = outcome(() => splitReference(text(input)));
  if (error !== undefined || parts === "REFERENCE_INVALID") return expect(parts).toBe(error && "REFERENCE_INVALID");
  const full = parts.domain === "" ? parts.path : `${parts.domain}/${parts.path}`;
  return expect([full, parts.domain, parts.tag ?? null, parts.digest ?? null]).toEqual([name, domain, tag, digest]);
});

each("with_name", ({ input, error, domain, path }) => {
  const parts = outcome(() => splitReference(text(input)));
  if (error !== undefined) return expect(parts).toBe("REFERENCE_INVALID");
  return expect(parts).toEqual({ domain, path });
});

each("combine", ({ name, tag, digest, combined }) => {
  const { domain, path } = splitReference(text(name));
  const written = formatReference({
    registry: domain,
    repository: path,
    ...(tag != null && { tag: text(tag) }),
    ...(digest != null && { digest: text(digest) as `sha256:${string}` }),
  });
  expect(written.replace(/^\//, "")).toBe(combined);
});

each("parse_named", ({ input, error, domain, path }) => {
  const reference = outcome(() => parseReference(text(input)));
  const isCanonical = reference !== "REFERENCE_INVALID" && formatReference(reference) === input;
  expect(isCanonical).toBe(error === undefined);
  if (isCanonical) expect(reference).toEqual({ registry: domain, repository: path });
});

each("grammar", ({ what, input, match, parts }) => {
  const name = text(input);
  if (what === "domain") return expect(isDomain(name)).toBe(match);
  if (what === "tag") return expect(isTag(name)).toBe(match);
  if (what === "identifier") return expect(/^[a-f0-9]{64}$/.test(name)).toBe(match);
  const found = outcome(() => splitReference(name));
  if (match === false || found === "REFERENCE_INVALID")
    return expect([found, match]).toEqual(["REFERENCE_INVALID", false]);
  const { domain, path, tag = "", digest = "" } = found;
  const full = domain === "" ? path : `${domain}/${path}`;
  const all = what === "name" ? [domain, path] : [full, tag, digest];
  return expect(all).toEqual(parts ?? all);
});
