import { expect, test } from "vitest";
import { lintDockerfile } from "./lint-dockerfile.ts";
import { ALL_RULES } from "./tsbuild-rules.ts";

function codes(text: string, options = {}): string[] {
  return lintDockerfile(text, { rules: ALL_RULES, ...options }).map(({ code }) => code);
}

test.each([
  ["# tsbuild-ignore UntaggedBaseImage\nFROM a as B", ["FromAsCasing", "StageNameCasing"]],
  ["# tsbuild-ignore UntaggedBaseImage, StageNameCasing FromAsCasing -- for a reason\nFROM a as B", []],
  ["# tsbuild-ignore\nFROM a as B", []],
  ["# tsbuild-ignore all\nFROM a as B", []],
  ["# tsbuild-ignored UntaggedBaseImage\nFROM a", ["UntaggedBaseImage"]],
  ["# tsbuild-ignore UntaggedBaseImage\nFROM a AS b\nFROM c", ["UntaggedBaseImage", "UnusedStage"]],
  ["FROM a:1\n# tsbuild-ignore SudoInRun\n# and why\nRUN x && \\\n  sudo y", []],
  ["FROM a:1\n# check=skip=SudoInRun\nRUN sudo y", []],
  ["# check=skip=SudoInRun\nFROM a:1\nRUN sudo y", []],
  ["# check=experimental=MissingUser\nFROM a:1", ["MissingUser"]],
])("%j", (text, expected) => {
  expect(codes(text).toSorted()).toEqual(expected);
});

test("only, skip, severities", () => {
  expect(codes("# check=skip=all\nFROM a", { only: ["UntaggedBaseImage"] })).toEqual(["UntaggedBaseImage"]);
  expect(codes("FROM a", { skip: ["UntaggedBaseImage"] })).toEqual([]);
  const [finding] = lintDockerfile("FROM a", { rules: ALL_RULES, severities: { UntaggedBaseImage: "info" } });
  expect(finding?.severity).toBe("info");
});
