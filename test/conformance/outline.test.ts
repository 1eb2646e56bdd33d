import { listTargets, outlineDockerfile } from "@tsbuild/builder";
import { parseDockerfile } from "@tsbuild/parser";
import { expect } from "vitest";
import { eachCase } from "./each-case.ts";

interface Assertion {
  readonly op: "equal" | "len";
  readonly actual: {
    readonly kind: "outline" | "targets";
    /** Names of Go fields, and indexes. */
    readonly select: readonly (string | number)[];
    readonly transform?: readonly "len"[];
  };
  readonly expected: unknown;
}

interface BuildCase {
  readonly id: string;
  readonly steps: readonly {
    readonly dockerfile: string;
    readonly options: { readonly build_args?: Readonly<Record<string, string>>; readonly target?: string };
    readonly request: string;
    readonly asserts: readonly Assertion[];
  }[];
}

/** The answer, sources as texts. */
function answer(step: BuildCase["steps"][number]): Record<string, unknown> {
  const { dockerfile, options, request } = step;
  const parsed = parseDockerfile(dockerfile);
  const { target, build_args: buildArgs = {} } = options;
  const compile = {
    platform: { os: "linux", architecture: "amd64" },
    buildArgs,
    ...(target === undefined ? {} : { target }),
  };
  const isOutline = request === "frontend.outline";
  const found = isOutline ? outlineDockerfile(parsed, dockerfile, compile) : listTargets(parsed, dockerfile);
  return { ...found, sources: found.sources.map((source) => Buffer.from(source, "base64").toString("utf8")) };
}

/** What a path of Go's field names leads to; the JSON names are the same in lower case. */
function select(value: unknown, path: Assertion["actual"]["select"]): unknown {
  return path.reduce<unknown>((at, key) => {
    const name = key === "SSH" ? "ssh" : String(key).replace(/^[A-Z]/, (first) => first.toLowerCase());
    return (at as Record<string, unknown> | undefined)?.[name];
  }, value);
}

/** As Go has it: what is left out in JSON is an empty text, 0 or false. */
function orZero(value: unknown, like: unknown): unknown {
  if (value !== undefined) return value;
  return { string: "", number: 0, boolean: false }[typeof like as string];
}

for (const suite of ["outline", "targets"]) {
  eachCase<BuildCase>(`build-cases/buildkit/dockerfile_${suite}`, ({ steps }) => {
    for (const step of steps) {
      const found = answer(step);
      for (const { op, actual, expected } of step.asserts) {
        const value = select(found, actual.select);
        const isLength = op === "len" || actual.transform?.includes("len");
        const shown = isLength ? (value as readonly unknown[] | undefined)?.length : value;
        expect(orZero(shown, expected), actual.select.join(".")).toEqual(expected);
      }
    }
  });
}
