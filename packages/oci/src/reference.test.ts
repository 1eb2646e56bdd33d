import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TsbuildError } from "./error.ts";
import { familiarName, formatReference, parseReference, type Reference, withDefaultTag } from "./reference.ts";

const D = `sha256:${"ab".repeat(32)}` as const;

describe("parseReference", () => {
  test.each<[string, Reference]>([
    ["debian", { registry: "docker.io", repository: "library/debian" }],
    ["debian:12", { registry: "docker.io", repository: "library/debian", tag: "12" }],
    ["me/app", { registry: "docker.io", repository: "me/app" }],
    ["localhost/app", { registry: "localhost", repository: "app" }],
    ["localhost:5000/a/b:1", { registry: "localhost:5000", repository: "a/b", tag: "1" }],
    ["index.docker.io/debian", { registry: "docker.io", repository: "library/debian" }],
    [`ghcr.io/me/app:1@${D}`, { registry: "ghcr.io", repository: "me/app", tag: "1", digest: D }],
    [`[::1]:5000/app@${D}`, { registry: "[::1]:5000", repository: "app", digest: D }],
  ])("%s", (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });

  test.each([
    "",
    " debian",
    "Debian",
    "debian:",
    "debian@",
    "debian:-1",
    "debian/",
    "/debian",
    "a//b",
    "a".repeat(300),
    "ab".repeat(32),
    "debian@sha256:ab",
    `debian@sha256:${"AB".repeat(32)}`,

    "http://x/y",
    "a/b c",
    "-a/b",
    `a:${"t".repeat(129)}`,
  ])("refuses %j", (text) => {
    expect(codeOf(() => parseReference(text))).toBe("REFERENCE_INVALID");
  });

  test("takes time linear to the length of hostile input", () => {
    const refused = ["a-".repeat(50_000), "a.".repeat(50_000), `${"a/".repeat(50_000)}!`, `${"-".repeat(100_000)}/a`];
    for (const text of refused) expect(codeOf(() => parseReference(text))).toBe("REFERENCE_INVALID");
  });

  test("keeps the message short whatever the input", () => {
    const error = caught(() => parseReference("x".repeat(10_000)));
    expect(error instanceof Error && error.message.length).toBeLessThan(500);
  });
});

describe("laws", () => {
  const component = fc.stringMatching(/^[a-z0-9]{1,6}(?:[._-][a-z0-9]{1,4})?$/);
  const registry = fc.constantFrom("ghcr.io", "localhost", "localhost:5000", "[::1]:80", "REG/".slice(0, 3));
  const reference = fc
    .record(
      {
        registry,
        repository: fc.array(component, { minLength: 2, maxLength: 4 }).map((parts) => parts.join("/")),
        tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/),
        digest: fc.constant(D),
      },
      { requiredKeys: ["registry", "repository"] },
    )
    // What looks like a registry cannot be a first part on Docker Hub.
    .filter(({ repository }) => !/^(?:localhost|[^/]*\.[^/]*)\//.test(repository));

  test("both ways of writing a reference are read back as the same one", () => {
    fc.assert(
      fc.property(reference, (value) => {
        expect(parseReference(formatReference(value))).toEqual(value);
        expect(parseReference(familiarName(value))).toEqual(value);
      }),
    );
  });

  test("any text is a reference or refused with our error", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const error = caught(() => parseReference(text));
        return error === undefined || TsbuildError.is(error, "REFERENCE_INVALID");
      }),
    );
  });

  test("a default tag is filled in once and only where nothing names a version", () => {
    expect(withDefaultTag(parseReference("debian")).tag).toBe("latest");
    expect(withDefaultTag(parseReference(`debian@${D}`)).tag).toBeUndefined();
    expect(withDefaultTag(parseReference("debian:12")).tag).toBe("12");
  });
});

function caught(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

function codeOf(work: () => unknown): string | undefined {
  const error = caught(work);
  return TsbuildError.is(error) ? error.code : undefined;
}
