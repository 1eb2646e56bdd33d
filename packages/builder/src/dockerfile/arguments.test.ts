import { describe, expect, test } from "vitest";
import { compileText, lastOp } from "../../../../test/support/compile-text.ts";

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A file, its build arguments; the RUN's variables besides PATH and its history text in front of the shell. */
const cases: readonly {
  readonly name: string;
  readonly text: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly env: readonly string[];
  readonly history: string;
}[] = [
  { name: "none", text: "FROM a\nRUN x", env: [], history: "RUN" },
  { name: "a default", text: "FROM a\nARG K=1\nRUN x", env: ["K=1"], history: "RUN |1 K=1" },
  { name: "given", text: "FROM a\nARG K=1\nRUN x", buildArgs: { K: "2" }, env: ["K=2"], history: "RUN |1 K=2" },
  { name: "given but not declared", text: "FROM a\nRUN x", buildArgs: { K: "2" }, env: [], history: "RUN" },
  { name: "bare and not given", text: "FROM a\nARG K\nRUN x", env: [], history: "RUN |1 K=" },
  { name: "global, not declared again", text: "ARG K=1\nFROM a\nRUN x", env: [], history: "RUN" },
  { name: "global, declared again", text: "ARG K=1\nFROM a\nARG K\nRUN x", env: ["K=1"], history: "RUN |1 K=1" },
  {
    name: "defaults see the arguments before",
    text: "FROM a\nARG K=1 L=$K\nRUN x",
    env: ["K=1", "L=1"],
    history: "RUN |2 K=1 L=1",
  },
  { name: "ENV behind ARG wins", text: "FROM a\nARG K=1\nENV K=2\nRUN x", env: ["K=2"], history: "RUN |1 K=2" },
  { name: "ARG behind ENV wins", text: "FROM a\nENV K=2\nARG K=1\nRUN x", env: ["K=1"], history: "RUN |1 K=1" },
  {
    name: "a stage hands its arguments on",
    text: "FROM a AS b\nARG K=1\nFROM b\nRUN x",
    env: ["K=1"],
    history: "RUN |1 K=1",
  },
  { name: "another stage does not", text: "FROM a AS b\nARG K=1\nFROM a\nRUN x", env: [], history: "RUN" },
  {
    name: "platform",
    text: "FROM a\nARG TARGETARCH\nRUN x",
    env: ["TARGETARCH=amd64"],
    history: "RUN |1 TARGETARCH=amd64",
  },
  {
    name: "a declared proxy is an argument",
    text: "FROM a\nARG HTTP_PROXY\nRUN x",
    buildArgs: { HTTP_PROXY: "p" },
    env: ["HTTP_PROXY=p"],
    history: "RUN |1 HTTP_PROXY=p",
  },
];

describe("build arguments", () => {
  for (const { name, text, buildArgs = {}, env, history } of cases) {
    test(name, async () => {
      const compiled = await compileText(text, { buildArgs });
      expect(lastOp(compiled, "exec").env).toEqual([PATH, ...env]);
      expect(compiled.history.at(-1)?.createdBy).toBe(`${history} /bin/sh -c x # buildkit`);
    });
  }

  test("proxies reach the process and are in no digest", async () => {
    const plain = await compileText("FROM a\nRUN x");
    const proxied = await compileText("FROM a\nRUN x", { buildArgs: { http_proxy: "http://u:p@proxy" } });
    expect(proxied.root?.digest).toBe(plain.root?.digest);
    expect(proxied.root?.meta.hiddenEnv).toEqual(["HTTP_PROXY=http://u:p@proxy", "http_proxy=http://u:p@proxy"]);
    expect(proxied.history.map((step) => step.createdBy).join()).not.toContain("proxy");
  });

  test("SOURCE_DATE_EPOCH is told to the build", async () => {
    expect((await compileText("FROM a", { buildArgs: { SOURCE_DATE_EPOCH: "12" } })).epoch).toBe(12);
    expect((await compileText("ARG SOURCE_DATE_EPOCH=13\nFROM a")).epoch).toBe(13);
    await expect(compileText("ARG SOURCE_DATE_EPOCH=soon\nFROM a")).rejects.toMatchObject({
      code: "DOCKERFILE_INVALID",
    });
  });
});
