import { describe, expect, test } from "vitest";
import { compileText } from "../../../../test/support/compile-text.ts";

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const BASE = {
  "docker.io/library/base:latest": {
    config: {
      Env: [PATH, "A=1"],
      Cmd: ["sh"],
      Entrypoint: ["/init"],
      WorkingDir: "/srv",
      User: "app",
      Labels: { a: "1" },
    },
  },
};

/** Lines behind `FROM base`; what stands in the config and in the history then. */
const cases: readonly { readonly lines: string; readonly config: object; readonly history: readonly string[] }[] = [
  { lines: "ENV B=2 A=3", config: { Env: [PATH, "A=3", "B=2"] }, history: ["ENV B=2 A=3"] },
  { lines: "ENV B=$A A=3 C=$A", config: { Env: [PATH, "A=3", "B=1", "C=1"] }, history: ["ENV B=1 A=3 C=1"] },
  { lines: "ENV B two words", config: { Env: [PATH, "A=1", "B=two words"] }, history: ["ENV B=two words"] },
  { lines: "LABEL b=$A a=2", config: { Labels: { a: "2", b: "1" } }, history: ["LABEL b=1 a=2"] },
  { lines: 'CMD ["a b", "c"]', config: { Cmd: ["a b", "c"], ArgsEscaped: true }, history: ['CMD ["a b" "c"]'] },
  { lines: "CMD echo $A", config: { Cmd: ["/bin/sh", "-c", "echo $A"] }, history: ['CMD ["/bin/sh" "-c" "echo $A"]'] },
  { lines: 'ENTRYPOINT ["/x"]', config: { Entrypoint: ["/x"] }, history: ['ENTRYPOINT ["/x"]'] },
  {
    lines: 'CMD ["c"]\nENTRYPOINT ["/x"]',
    config: { Entrypoint: ["/x"], Cmd: ["c"] },
    history: ['CMD ["c"]', 'ENTRYPOINT ["/x"]'],
  },
  {
    lines: 'SHELL ["bash", "-ec"]\nCMD x',
    config: { Shell: ["bash", "-ec"], Cmd: ["bash", "-ec", "x"] },
    history: ["SHELL [bash -ec]", 'CMD ["bash" "-ec" "x"]'],
  },
  {
    lines: "EXPOSE 80 53/UDP 8000-8002",
    config: { ExposedPorts: { "53/udp": {}, "80/tcp": {}, "8000/tcp": {}, "8001/tcp": {}, "8002/tcp": {} } },
    history: ["EXPOSE [53/udp 80/tcp 8000/tcp 8001/tcp 8002/tcp]"],
  },
  {
    lines: 'ARG P="81 82"\nEXPOSE $P',
    config: { ExposedPorts: { "81/tcp": {}, "82/tcp": {} } },
    history: ["ARG P=81 82", "EXPOSE [81/tcp 82/tcp]"],
  },
  { lines: "VOLUME /a /b", config: { Volumes: { "/a": {}, "/b": {} } }, history: ["VOLUME [/a /b]"] },
  { lines: "USER $A:2", config: { User: "1:2" }, history: ["USER 1:2"] },
  { lines: "STOPSIGNAL SIGRTMIN+3", config: { StopSignal: "SIGRTMIN+3" }, history: ["STOPSIGNAL SIGRTMIN+3"] },
  { lines: "WORKDIR sub", config: { WorkingDir: "/srv/sub" }, history: ["WORKDIR /srv/sub"] },
  { lines: "WORKDIR /", config: { WorkingDir: "/" }, history: ["WORKDIR /"] },
  { lines: "MAINTAINER me", config: {}, history: ["MAINTAINER me"] },
  {
    lines: "HEALTHCHECK --interval=90s --retries=2 CMD curl -f x",
    config: { Healthcheck: { Test: ["CMD-SHELL", "curl -f x"], Interval: 90e9, Retries: 2 } },
    history: [
      "HEALTHCHECK {Test:[CMD-SHELL curl -f x] Interval:1m30s Timeout:0s StartPeriod:0s StartInterval:0s Retries:2}",
    ],
  },
  { lines: "ONBUILD RUN x\nONBUILD USER y", config: { OnBuild: ["RUN x", "USER y"] }, history: [] },
];

describe("instructions that change the config", () => {
  for (const { lines, config, history } of cases) {
    test(lines, async () => {
      const compiled = await compileText(`FROM base\n${lines}\n`, {}, BASE);
      expect(compiled.config).toMatchObject(config);
      expect(compiled.history.map((step) => step.createdBy)).toEqual(history);
    });
  }

  test("ENTRYPOINT takes an inherited CMD away", async () => {
    expect((await compileText('FROM base\nENTRYPOINT ["/x"]\n', {}, BASE)).config).not.toHaveProperty("Cmd");
  });

  test("nothing leaks from a stage into the one it came from or into a sister", async () => {
    const text = "FROM base AS a\nLABEL x=1\nFROM a AS b\nLABEL x=2\nENV B=1\nEXPOSE 1\nFROM a\n";
    const { config } = await compileText(text, {}, BASE);
    expect(config).toMatchObject({ Labels: { a: "1", x: "1" }, Env: [PATH, "A=1"] });
    expect(config.ExposedPorts).toBeUndefined();
  });

  test("the labels of the build come last and stand in no history", async () => {
    const { config, history } = await compileText("FROM base\nLABEL x=1\n", { labels: { x: "2" } }, BASE);
    expect(config.Labels).toEqual({ a: "1", x: "2" });
    expect(history).toHaveLength(1);
  });

  test("an image without PATH gets one, at the end", async () => {
    const images = { "docker.io/library/base:latest": { config: { Env: ["A=1"] } } };
    expect((await compileText("FROM base\n", {}, images)).config.Env).toEqual(["A=1", PATH]);
  });
});

const mistakes: readonly (readonly [lines: string, message: string])[] = [
  ["EXPOSE 80/foo", 'invalid port: "80/foo": invalid proto: foo'],
  ["STOPSIGNAL NOPE", "invalid signal: NOPE"],
  ["ARG E=\nVOLUME $E", "VOLUME specified can not be an empty string"],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the Dockerfile
  ["ENV x=${y:?gone}", 'failed to process "${y:?gone}": y: gone'],
];

describe("mistakes", () => {
  for (const [lines, message] of mistakes) {
    test(lines, async () => {
      const compiling = compileText(`FROM base\n${lines}\n`, {}, BASE);
      await expect(compiling).rejects.toMatchObject({ code: "DOCKERFILE_INVALID", diagnostics: [{ message }] });
    });
  }

  test("all of them are reported, each at its line", async () => {
    const compiling = compileText("FROM base\nSTOPSIGNAL A\nUSER x\nSTOPSIGNAL B\n");
    await expect(compiling).rejects.toMatchObject({
      message: "Dockerfile line 2: invalid signal: A (and 1 more)",
      diagnostics: [{ range: { start: { line: 2 } } }, { range: { start: { line: 4 } } }],
    });
  });
});
