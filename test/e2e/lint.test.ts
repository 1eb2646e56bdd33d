import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ALL_RULES } from "@tsbuild/parser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorkbench, type Workbench } from "../support/tsbuild.ts";

const UNTIDY = `FROM alpine as Base
RUN apt update && apt install curl
cmd node x.js
`;
const MENDED = `FROM alpine AS base
RUN apt-get update && apt-get install -y curl
CMD ["node", "x.js"]
`;
const MENDED_UNSAFELY = `FROM alpine AS base
RUN apt-get update && apt-get install --no-install-recommends -y curl && rm -rf /var/lib/apt/lists/*
CMD ["node", "x.js"]
`;
const TIDY = "FROM alpine:3.20\nCOPY app /app\n";

let bench: Workbench;

/** Writes files into a folder of their own and returns it. */
function folderWith(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(bench.folder, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench?.close());

describe("lint", () => {
  test("text: code frames on stdout, a summary on stderr, exit code 1 from warnings on", async () => {
    const cwd = folderWith("text", { Dockerfile: UNTIDY });
    const { code, stdout, stderr } = await bench.run(["lint"], { cwd });
    expect(stdout).toMatch(
      /^warning: Stage name 'Base' should be lowercase \[StageNameCasing\]\n {2}--> Dockerfile:1:1\n>>> 1 \| FROM/m,
    );
    expect(stdout).toMatch(/^info: .* \[AptGetListsKept\]\n {2}--> Dockerfile:2:5\n/m);
    expect(stderr).toMatch(/^\d+ warnings, 2 info in 1 file; \d+ can be mended with --fix\n$/);
    expect(code).toBe(1);
  });

  test.each([
    ["info", TIDY, 0],
    ["warning", TIDY, 0],
    ["info", "FROM alpine:3.20\nRUN apk add curl\n", 1],
    ["warning", "FROM alpine:3.20\nRUN apk add curl\n", 0],
    ["error", "FROM alpine\n", 0],
    ["error", "# check=error=true\nFROM alpine\n", 1],
    ["error", "FROM alpine\nCOPPY a b\n", 1],
  ])("--severity %s of %j: exit code %i", async (severity, input, code) => {
    expect((await bench.run(["lint", "--severity", severity, "-"], { input })).code).toBe(code);
  });

  test("files, folders with their Dockerfiles, and the ignore file beside one", async () => {
    const cwd = folderWith("many", {
      "a/Dockerfile": "FROM scratch\nCOPY dist /\n",
      "a/.dockerignore": "dist\n",
      "a/deep/Dockerfile.dev": "FROM scratch as x\n",
      "a/web.Dockerfile": "FROM scratch as y\n",
      "a/node_modules/b/Dockerfile": "FROM scratch as z\n",
      "a/Dockerfile.dockerignore": "dist\n",
      "a/notes.txt": "FROM scratch as n\n",
      other: "FROM scratch as o\n",
    });
    const { stdout } = await bench.run(["lint", "--format", "json", "a", "other"], { cwd });
    const found = (JSON.parse(stdout) as { file: string; code: string }[]).map(({ file, code }) => `${file} ${code}`);
    expect(found).toEqual([
      "a/Dockerfile CopyIgnoredFile",
      "a/deep/Dockerfile.dev FromAsCasing",
      "a/web.Dockerfile FromAsCasing",
      "other FromAsCasing",
    ]);
    folderWith("empty", { "readme.md": "" });
    expect(await bench.run(["lint", join(bench.folder, "empty")])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no Dockerfile in"),
    });
  });

  test("--fix mends in place what is safe, --unsafe-fixes the rest; again there is nothing to do", async () => {
    const cwd = folderWith("fix", { Dockerfile: UNTIDY });
    const read = () => readFileSync(join(cwd, "Dockerfile"), "utf8");
    const first = await bench.run(["lint", "--fix", "--severity", "error"], { cwd });
    expect(first).toMatchObject({ code: 0, stderr: "1 warning, 2 info in 1 file; 7 mended\n" });
    expect(read()).toBe(MENDED);
    await bench.run(["lint", "--fix"], { cwd });
    expect(read()).toBe(MENDED);
    await bench.run(["lint", "--unsafe-fixes"], { cwd });
    expect(read()).toBe(MENDED_UNSAFELY);
  });

  test("--fix of stdin goes to stdout, what is left to stderr", async () => {
    const { stdout, stderr } = await bench.run(["lint", "--fix", "-"], { input: UNTIDY });
    expect(stdout).toBe(MENDED);
    expect(stderr).toContain("[UntaggedBaseImage]");
  });

  test("--fix leaves a file alone that is not UTF-8", async () => {
    const cwd = folderWith("latin", {});
    mkdirSync(cwd, { recursive: true });
    const content = Buffer.concat([Buffer.from("FROM scratch as a\nLABEL b="), Buffer.from([0xe9, 0x0a])]);
    writeFileSync(join(cwd, "Dockerfile"), content);
    const { code, stderr } = await bench.run(["lint", "--fix"], { cwd });
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("not UTF-8") });
    expect(readFileSync(join(cwd, "Dockerfile")).equals(content)).toBe(true);
  });

  test.each<[string[], string[]]>([
    [["--skip", "StageNameCasing,FromAsCasing"], ["UntaggedBaseImage"]],
    [
      ["--only", "StageNameCasing", "--only", "MissingUser"],
      ["MissingUser", "StageNameCasing"],
    ],
    [
      ["--enable", "MissingUser"],
      ["FromAsCasing", "MissingUser", "StageNameCasing", "UntaggedBaseImage"],
    ],
    [["--only", "StageNameCasing", "--set-severity", "StageNameCasing=error"], ["StageNameCasing"]],
  ])("%j", async (flags, expected) => {
    const { stdout } = await bench.run(["lint", "--format", "json", ...flags, "-"], { input: "FROM alpine as Base\n" });
    const found = JSON.parse(stdout) as { code: string; severity: string }[];
    expect(found.map(({ code }) => code).toSorted()).toEqual(expected);
    if (flags.includes("--set-severity")) expect(found[0]?.severity).toBe("error");
  });

  test.each([
    [["--skip", "StagenameCasing"], "did you mean StageNameCasing?"],
    [["--severity", "grave"], "known are error, warning, info"],
    [["--format", "xml"], "known are text, json, sarif, github"],
  ])("%j is wrong usage", async (flags, message) => {
    const { code, stderr } = await bench.run(["lint", ...flags, "-"], { input: TIDY });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });

  test("--list-rules", async () => {
    const rules = JSON.parse(await bench.ok(["lint", "--list-rules", "--format", "json"])) as { id: string }[];
    expect(rules.map(({ id }) => id)).toEqual(ALL_RULES.map(({ id }) => id));
    expect(await bench.ok(["lint", "--list-rules"])).toMatch(/^MissingUser +info +off +tsbuild +An image/m);
  });

  test("github: one line a finding, with what is special escaped", async () => {
    const cwd = folderWith("github", { "a,b:c%.Dockerfile": "FROM alpine:3.20\nRUN cd /100% && \\\n  make\n" });
    const { stdout } = await bench.run(["lint", "--format", "github", "."], { cwd });
    expect(stdout).toBe(
      "::notice file=a%2Cb%3Ac%25.Dockerfile,line=2,endLine=2,col=5,endColumn=13,title=CdInsteadOfWorkdir::" +
        "This RUN works in /100%25, which no instruction says%0Awrite WORKDIR /100%25 above it\n",
    );
  });

  test("sarif: version 2.1.0 with rules, places and fixes", async () => {
    const cwd = folderWith("sarif", { "with blank/Dockerfile": `${UNTIDY}COPPY a b\n` });
    const { stdout } = await bench.run(["lint", "--format", "sarif", "with blank"], { cwd });
    const log = JSON.parse(stdout) as SarifLog;
    expect(log).toMatchObject({ version: "2.1.0", $schema: expect.stringContaining("sarif-2.1.0") });
    const [run] = log.runs;
    expect(run?.tool.driver.name).toBe("tsbuild");
    for (const { id, shortDescription, defaultConfiguration, helpUri } of run?.tool.driver.rules ?? []) {
      expect(id).toMatch(/^[A-Z]\w+$/);
      expect(shortDescription.text).not.toBe("");
      expect(["error", "warning", "note"]).toContain(defaultConfiguration.level);
      if (helpUri !== undefined) expect(URL.canParse(helpUri)).toBe(true);
    }
    expect(run?.results.length).toBeGreaterThan(2);
    for (const { ruleId, ruleIndex, level, message, locations, fixes = [] } of run?.results ?? []) {
      if (ruleIndex !== undefined) expect(run?.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
      expect(["error", "warning", "note"]).toContain(level);
      expect(message.text).not.toBe("");
      const [{ physicalLocation } = { physicalLocation: undefined }] = locations;
      expect(physicalLocation?.artifactLocation.uri).toBe("with%20blank/Dockerfile");
      const changes = fixes.flatMap(({ artifactChanges }) =>
        artifactChanges.flatMap(({ replacements }) => replacements),
      );
      for (const region of [physicalLocation?.region, ...changes.map(({ deletedRegion }) => deletedRegion)]) {
        expect(region?.startLine).toBeGreaterThanOrEqual(1);
        expect(region?.startColumn).toBeGreaterThanOrEqual(1);
        expect(region?.endLine).toBeGreaterThanOrEqual(region?.startLine ?? 0);
      }
    }
    expect(run?.results.some(({ fixes }) => fixes !== undefined)).toBe(true);
    expect(run?.results.find(({ ruleId }) => ruleId === "UNKNOWN_INSTRUCTION")?.level).toBe("error");
  });
});

interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
}

interface SarifLog {
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly name: string;
        readonly rules: readonly {
          readonly id: string;
          readonly shortDescription: { readonly text: string };
          readonly helpUri?: string;
          readonly defaultConfiguration: { readonly level: string };
        }[];
      };
    };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex?: number;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly locations: readonly {
        readonly physicalLocation: { readonly artifactLocation: { readonly uri: string }; readonly region: Region };
      }[];
      readonly fixes?: readonly {
        readonly artifactChanges: readonly { readonly replacements: readonly { readonly deletedRegion: Region }[] }[];
      }[];
    }[];
  }[];
}

const STAGES = `# VERSION is what to build
ARG VERSION=1
# base has the tools
FROM alpine:$VERSION AS Base
RUN --mount=type=secret,id=key,required --mount=type=ssh true
FROM base
CMD x
`;

describe("build --check and --call", () => {
  const call = (what: string, ...flags: string[]) => {
    const cwd = folderWith("call", { Dockerfile: STAGES, ".dockerignore": "dist\n" });
    return bench.run(["build", ...flags, what, cwd]);
  };

  test.each(["--check", "--call=check", "--call=lint"])("%s: BuildKit's rules alone, exit code 1", async (flag) => {
    const { code, stdout } = await call(flag);
    expect(stdout).toMatch(
      /\[StageNameCasing\][\s\S]*\[JSONArgsRecommended\][\s\S]*Check complete, 2 warnings have been found!\n$/,
    );
    expect(stdout).not.toContain("UntaggedBaseImage");
    expect(code).toBe(1);
  });

  test("--check of a file without fault", async () => {
    const cwd = folderWith("fine", { Dockerfile: "FROM alpine\n" });
    const { code, stdout } = await bench.run(["build", "--check", cwd]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "Check complete, no warnings found.\n" });
  });

  test("--call=check,format=json", async () => {
    const { code, stdout } = await call("--call=check,format=json");
    expect(JSON.parse(stdout)).toMatchObject({
      warnings: [
        {
          ruleName: "StageNameCasing",
          detail: "Stage name 'Base' should be lowercase",
          location: { ranges: [{ start: { line: 4 } }] },
        },
        { ruleName: "JSONArgsRecommended", url: expect.stringContaining("json-args-recommended") },
      ],
      sources: [{ language: "Dockerfile", data: Buffer.from(STAGES).toString("base64") }],
    });
    expect(code).toBe(1);
  });

  test("--call=outline", async () => {
    const { code, stdout } = await call("--call=outline", "--build-arg", "VERSION=2");
    expect(stdout).toBe(
      "TARGET:   (default)\n\nBUILD ARG   VALUE   DESCRIPTION\nVERSION     2       is what to build\n\n" +
        "SECRET   REQUIRED\nkey      true\n\nSSH       REQUIRED\ndefault\n",
    );
    expect(code).toBe(0);
    const json = await call("--call=outline,format=json", "--target", "BASE");
    expect(JSON.parse(json.stdout)).toMatchObject({
      name: "base",
      description: "has the tools",
      args: [
        {
          name: "VERSION",
          description: "is what to build",
          value: "1",
          location: { ranges: [{ start: { line: 2 } }] },
        },
      ],
      secrets: [{ name: "key", required: true }],
      ssh: [{ name: "default" }],
    });
  });

  test("--call=targets", async () => {
    expect((await call("--call=targets")).stdout).toBe(
      "TARGET      DESCRIPTION\nbase        has the tools\n(default)\n",
    );
    const { stdout } = await call("--call=targets,format=json");
    expect(JSON.parse(stdout)).toMatchObject({
      targets: [
        { name: "base", base: "alpine:$VERSION" },
        { default: true, base: "base" },
      ],
    });
  });

  test("what is not there: words, targets, files that cannot be read", async () => {
    expect((await call("--call=story")).code).toBe(2);
    const { code, stderr } = await call("--call=outline", "--target", "bas");
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("did you mean base?") });
    const cwd = folderWith("broken", { Dockerfile: "FROM a\nCOPPY b c\n" });
    const broken = await bench.run(["build", "--call=check,format=json", cwd]);
    expect(JSON.parse(broken.stdout)).toMatchObject({ buildError: { message: expect.stringContaining("COPPY") } });
    expect((await bench.run(["build", "--call=targets", cwd])).stderr).toContain("COPPY");
  });
});
