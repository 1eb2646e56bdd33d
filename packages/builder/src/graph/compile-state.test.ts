import { TsbuildError } from "@tsbuild/oci";
import { describe, expect, test } from "vitest";
import { compileText, type FakeImages, fakeRegistry, lastOp } from "../../../../test/support/compile-text.ts";
import { compileState } from "./compile-state.ts";
import type { Compiled } from "./compiled.ts";
import { from, local, type State, scratch } from "./state.ts";

const platform = { os: "linux", architecture: "amd64" };
const BASE = {
  "docker.io/library/base:latest": {
    config: { Env: ["A=1"], User: "u", WorkingDir: "/w", Labels: { a: "1" } },
    history: [{ created_by: "base" }],
  },
};

async function compile(state: State, images: FakeImages = BASE): Promise<Compiled> {
  return await compileState(state, { platform }, fakeRegistry(images));
}

describe("a state", () => {
  test("is the same graph, config and history as the Dockerfile that says it", async () => {
    const state = from("base")
      .env({ A: "2", B: "x y" })
      .workdir("sub")
      .run("make")
      .run(["make", "install"], { network: "none", mounts: [{ type: "cache", target: "/c" }] })
      .user("1:1")
      .copy(from("tools:1"), ["/bin/a", "bin/b*"], "bin/", { owner: "1:1", mode: "755", exclude: ["*.md"] });
    const text = [
      "FROM base",
      'ENV A=2 B="x y"',
      "WORKDIR sub",
      "RUN make",
      'RUN --network=none --mount=type=cache,target=/c ["make", "install"]',
      "USER 1:1",
      "COPY --from=tools:1 --chown=1:1 --chmod=755 --exclude=*.md /bin/a bin/b* bin/",
    ].join("\n");
    const [own, other] = await Promise.all([compile(state), compileText(text, {}, BASE)]);
    expect(own.config).toEqual(other.config);
    expect(own.root?.digest).toBe(other.root?.digest);
    expect(own.baseHistory).toEqual(other.baseHistory);
    expect(own.history.map((step) => step.vertex === undefined)).toEqual(
      other.history.map((step) => step.vertex === undefined),
    );
  });

  test("is never changed", async () => {
    const base = from("base");
    const before = await compile(base);
    base.run("x").env({ A: "9" });
    expect(await compile(base)).toEqual(before);
  });

  test("takes files from folders, each named once, and says which they are", async () => {
    const sources = local("./src", { exclude: ["*.log"] });
    const state = scratch().copy(sources, "a", "/a").copy(local("./src"), "b", "/b").copy(local("./src"), "c", "/c");
    const compiled = await compile(state);
    expect([...(compiled.contexts ?? [])]).toEqual([
      ["local-1", { directory: "./src", exclude: ["*.log"] }],
      ["local-2", { directory: "./src" }],
    ]);
    expect(lastOp(compiled, "file").actions).toMatchObject([{ input: 1, sources: ["c"], destination: "/c" }]);
  });

  test("may be a folder as it is", async () => {
    const compiled = await compile(local("./rootfs"));
    expect(lastOp(compiled, "file")).toMatchObject({ base: -1, actions: [{ sources: ["."], destination: "/" }] });
    expect(compiled.history).toHaveLength(1);
  });

  test("sets members of the config: sets grow, the others are replaced", async () => {
    const { config } = await compile(from("base").config({ Cmd: ["x"], Labels: { b: "2" }, User: "" }), {
      "docker.io/library/base:latest": { config: { Labels: { a: "1" }, User: "u", OnBuild: ["RUN x"] } },
    });
    expect(config).toMatchObject({ Cmd: ["x"], Labels: { a: "1", b: "2" } });
    expect(config).not.toHaveProperty("User");
    expect(config).not.toHaveProperty("OnBuild");
  });

  test("asks for each image once, for its own platform", async () => {
    const asked: string[] = [];
    const arm = from("base", { platform: "linux/arm64" });
    const state = from("base").copy(from("base"), "/x", "/x").copy(arm, "/y", "/y");
    await compileState(state, { platform }, fakeRegistry(BASE, asked));
    expect(asked).toEqual(["docker.io/library/base:latest", "docker.io/library/base:latest"]);
  });

  test("refuses copies that cannot be", () => {
    expect(codeOf(() => scratch().copy(local("."), [], "/x"))).toBe("STATE_INVALID");
    expect(codeOf(() => scratch().copy(local("."), ["a", "b"], "/x"))).toBe("STATE_INVALID");
  });

  test("refuses what is no image name", async () => {
    await expect(compile(from("UPPER"))).rejects.toMatchObject({ code: "REFERENCE_INVALID" });
  });
});

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return TsbuildError.is(error) ? error.code : String(error);
  }
}
