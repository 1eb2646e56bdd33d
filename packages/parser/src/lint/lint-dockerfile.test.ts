import { describe, expect, test } from "vitest";
import type { Fix } from "../diagnostic.ts";
import { lintDockerfile } from "./lint-dockerfile.ts";

/** The text with the edits of a fix that stay on one line. */
function applyFix(text: string, { edits }: Fix): string {
  const lines = text.split("\n");
  for (const { range, newText } of edits) {
    const line = lines[range.start.line - 1] ?? "";
    lines[range.start.line - 1] = line.slice(0, range.start.column) + newText + line.slice(range.end.column);
  }
  return lines.join("\n");
}

function codes(text: string, options = {}): string[] {
  return lintDockerfile(text, options).map(({ code }) => code);
}

describe("lintDockerfile", () => {
  test.each([
    ["StageNameCasing", "FROM scratch AS Base", "FROM scratch AS base"],
    ["FromAsCasing", "FROM scratch as base", "FROM scratch AS base"],
    ["ConsistentInstructionCasing", "FROM scratch\ncopy a b\nCOPY a b", "FROM scratch\nCOPY a b\nCOPY a b"],
    [
      "MaintainerDeprecated",
      "FROM scratch\nMAINTAINER me",
      'FROM scratch\nLABEL org.opencontainers.image.authors="me"',
    ],
    ["LegacyKeyValueFormat", "FROM scratch\nENV a b c", 'FROM scratch\nENV a="b c"'],
    ["RedundantTargetPlatform", "FROM --platform=$TARGETPLATFORM alpine", "FROM alpine"],
  ])("%s has a fix, and what it writes is clean", (code, text, expected) => {
    const [finding, ...rest] = lintDockerfile(text);
    expect(rest).toEqual([]);
    expect(finding?.code).toBe(code);
    const mended = finding?.fix === undefined ? "" : applyFix(text, finding.fix);
    expect(mended).toBe(expected);
    expect(lintDockerfile(mended)).toEqual([]);
  });

  test("honours check comments at the top and above an instruction", () => {
    expect(codes("# check=skip=StageNameCasing\nFROM scratch AS Base")).toEqual([]);
    expect(codes("# check=skip=all\nFROM scratch as Base")).toEqual([]);
    expect(codes("FROM scratch\n# check=skip=JSONArgsRecommended\nCMD a")).toEqual([]);
    expect(codes("FROM scratch\n# check=skip=Other\nCMD a")).toEqual(["JSONArgsRecommended"]);
    const [finding] = lintDockerfile("# check=error=true\nFROM scratch AS Base");
    expect(finding?.severity).toBe("error");
  });

  test("keeps silent about variables that an unknown base image may set", () => {
    const text = "FROM node\nENV PATH_COPY=$NODE_VERSION";
    const baseImage = () => ({ os: "linux", architecture: "amd64", platform: "linux/amd64", env: ["NODE_VERSIONS=1"] });
    expect(codes(text)).toEqual([]);
    expect(lintDockerfile(text, { baseImage }).map(({ message }) => message)).toEqual([
      "Usage of undefined variable '$NODE_VERSION' (did you mean $NODE_VERSIONS?)",
    ]);
  });

  test("lets a stage see what the stage below it and its ONBUILD triggers set", () => {
    const text =
      "FROM scratch AS base\nARG one\nENV two=2\nONBUILD ENV three=3\nFROM base\nLABEL a=$one$two$three$four";
    expect(lintDockerfile(text).map(({ message }) => message)).toEqual(["Usage of undefined variable '$four'"]);
  });

  test("takes rules of others", () => {
    const check = () => [{ range: { start: { line: 1, column: 0 }, end: { line: 1, column: 4 } }, message: "no" }];
    expect(codes("FROM scratch", { rules: [{ id: "Mine", title: "Mine", check }] })).toEqual(["Mine"]);
  });

  test("checks what stands in front of an error", () => {
    expect(codes("FROM scratch AS Base\nMAINTAINER me\nBAD")).toEqual(["StageNameCasing", "MaintainerDeprecated"]);
  });
});
