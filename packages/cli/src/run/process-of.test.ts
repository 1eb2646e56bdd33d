import type { ContainerConfig } from "@tsbuild/oci";
import type { ProcessSpec } from "@tsbuild/runtime";
import { expect, test } from "vitest";
import type { RunRequest } from "../commands/run.ts";
import { processOf as describe, surroundingsOf } from "./process-of.ts";

const terminal = { env: { HOST: "h" }, cwd: "/" } as const;
const config = { Entrypoint: ["/entry"], Cmd: ["cmd", "1"], Env: ["A=1", "PATH=/x"], WorkingDir: "/w", User: "app" };
function processOf(config: ContainerConfig, request: RunRequest): ProcessSpec {
  return describe(config, request, surroundingsOf(request, terminal));
}
const process = (request: Partial<RunRequest>) => processOf(config, { image: "i", args: [], ...request });

test.each([
  [{}, ["/entry", "cmd", "1"]],
  [{ args: ["a"] }, ["/entry", "a"]],
  [{ entrypoint: "/other" }, ["/other"]],
  [{ entrypoint: "/other", args: ["a"] }, ["/other", "a"]],
  [{ entrypoint: "", args: ["a"] }, ["a"]],
])("%j runs %j", (request, args) => {
  expect(process(request).args).toEqual(args);
});

test("an image without a command needs one", () => {
  expect(() => processOf({}, { image: "i", args: [] })).toThrow(expect.objectContaining({ code: "USAGE" }));
  expect(() => process({ entrypoint: "" })).toThrow(expect.objectContaining({ code: "USAGE" }));
});

test("variables: defaults, the image's, the flags'; a bare name takes the host's value", () => {
  expect(process({ env: ["A=2", "HOST", "ABSENT", "B=x=y"], tty: true }).env).toEqual([
    "PATH=/x",
    "TERM=xterm",
    "A=2",
    "HOST=h",
    "B=x=y",
  ]);
  expect(processOf({}, { image: "i", args: ["x"] }).env).toEqual([expect.stringMatching(/^PATH=\/usr\/local/)]);
});

test("user and folder: the flags' before the image's, neither where nothing is said", () => {
  expect(process({})).toMatchObject({ cwd: "/w", user: "app", network: "default", privileged: false });
  expect(process({ workdir: "/v", user: "0" })).toMatchObject({ cwd: "/v", user: "0" });
  expect(processOf({}, { image: "i", args: ["x"] })).not.toHaveProperty("user");
});

test("an unknown network is refused", () => {
  expect(() => process({ network: "mynet" })).toThrow(expect.objectContaining({ code: "USAGE" }));
});
