import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  type BaseImage,
  BUILDKIT_RULES,
  type Diagnostic,
  type LintOptions,
  lintDockerfile,
  parseIgnoreFile,
} from "@tsbuild/parser";
import { describe, expect, test } from "vitest";
import { CONFORMANCE_DIR } from "./cases.ts";
import { type CorpusFile, corpusFiles } from "./corpus-files.ts";
import { eachCase } from "./each-case.ts";

interface Warning {
  readonly ruleName: string;
  readonly description?: string;
  readonly url?: string;
  readonly detail: string;
  readonly line: number;
}

interface LintCase {
  readonly id: string;
  readonly dockerfile: string;
  readonly dockerignore?: string;
  readonly options: { readonly buildArgs?: Readonly<Record<string, string>>; readonly target?: string };
  readonly warnings: readonly Warning[];
  readonly lint_only_warnings?: readonly Warning[];
}

const LINUX: BaseImage = {
  os: "linux",
  architecture: "amd64",
  platform: "linux/amd64",
  env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
};

function optionsOf(dockerignore: string | undefined, rest: LintOptions): LintOptions {
  const ignorePatterns = dockerignore === undefined ? [] : parseIgnoreFile(dockerignore).patterns;
  return { baseImage: () => LINUX, ...rest, ignorePatterns };
}

/** As the data has them: a line of 0 is not asserted. */
function asWarnings(found: readonly Diagnostic[], expected: readonly Warning[]): Warning[] {
  const titles = new Map(BUILDKIT_RULES.map(({ id, title }) => [id, title]));
  const hasTitles = expected.some(({ description }) => description !== undefined);
  return found.map(({ code, url, message, range }, index) => ({
    ruleName: code,
    ...(hasTitles ? { description: titles.get(code) ?? "", url: url ?? "" } : {}),
    detail: message,
    line: expected[index]?.line === 0 ? 0 : range.start.line,
  }));
}

eachCase<LintCase>("lint/checks", ({ dockerfile, dockerignore, options, warnings, lint_only_warnings }) => {
  const found = lintDockerfile(dockerfile, optionsOf(dockerignore, options));
  const expected = (lint_only_warnings ?? warnings).map((warning) => {
    const { ruleName, description = "", url = "", detail, line } = warning;
    return { ruleName, description, url, detail, line };
  });
  expect(asWarnings(found, expected)).toEqual(expected);
});

interface RuleData {
  readonly name: string;
  readonly description: string;
  readonly url: string | null;
  readonly experimental: boolean;
}

function ruleData(): readonly RuleData[] {
  return (JSON.parse(readFileSync(resolve(CONFORMANCE_DIR, "lint/rules.json"), "utf8")) as { rules: RuleData[] }).rules;
}

const files = corpusFiles();

test.skipIf(files.length === 0)("lint/rules: the same rules with the same texts (needs the conformance data)", () => {
  const ours = BUILDKIT_RULES.map(({ id, title, url, experimental = false }) => {
    return { name: id, description: title, url: url ?? "", experimental };
  });
  const theirs = ruleData().map(({ name, description, url, experimental }) => ({
    name,
    description,
    url: url ?? "",
    experimental,
  }));
  expect(ours.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
    theirs.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  );
});

interface GoImage {
  readonly architecture: string;
  readonly os: string;
  readonly "os.version"?: string;
  readonly config: { readonly Env?: readonly string[] };
}

/** The config that every base image of a file was given. */
function baseImageOf({ expected }: CorpusFile): BaseImage {
  const images = JSON.parse(readFileSync(resolve(CONFORMANCE_DIR, "corpus/base_images.json"), "utf8")) as Record<
    string,
    GoImage
  >;
  const image = images[(expected as { base_image_config?: string }).base_image_config ?? "linux"];
  if (image === undefined) return LINUX;
  const { os, architecture, config } = image;
  const version = image["os.version"];
  const system = version === undefined ? os : `${os}(${version})`;
  return { os, architecture, platform: `${system}/${architecture}`, env: config.Env ?? [] };
}

describe.skipIf(files.length === 0)("corpus: lint (needs the conformance data)", () => {
  test.each(files.map((file) => [file.id, file] as const))("%s", (_, file) => {
    const { dockerfile, dockerignore, expected } = file;
    const found = lintDockerfile(
      dockerfile,
      optionsOf(dockerignore, { baseImage: () => baseImageOf(file), platform: expected.platform }),
    );
    const warnings = expected.lint.toSorted((a, b) => a.line - b.line || (a.detail < b.detail ? -1 : 1));
    expect(asWarnings(found, warnings)).toEqual(warnings);
  });
});
