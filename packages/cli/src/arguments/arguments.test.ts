import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, describe, expect, test } from "vitest";
import { parseAnnotations } from "./annotation.ts";
import { withPlainBooleans } from "./booleans.ts";
import { splitCsv } from "./fields.ts";
import { parseKeyValues, parseLabels, readEnvFile } from "./key-value.ts";
import { readLimits } from "./limits.ts";
import { parseNamedContexts } from "./named-context.ts";
import { parseOutput } from "./output.ts";
import { readSecrets } from "./secret.ts";
import { readAgents } from "./ssh.ts";
import { parseMount, parseSize, parseTmpfs, parseVolume } from "./volume.ts";

const folder = mkdtempSync(join(tmpdir(), "tsbuild-arguments-"));
afterAll(() => rmSync(folder, { recursive: true }));

const USAGE = expect.objectContaining({ code: "USAGE" });
function codeOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe("--output", () => {
  test.each([
    ["out", { type: "local", destination: "out" }],
    ["-", { type: "tar", destination: "-" }],
    ["type=local,dest=out", { type: "local", destination: "out" }],
    ["type=tar", { type: "tar", destination: "-" }],
    ["type=oci,dest=a.tar", { type: "oci", destination: "a.tar", layout: false, names: [] }],
    ["type=oci,dest=a,tar=false", { type: "oci", destination: "a", layout: true, names: [] }],
    ['type=docker,"dest=a,b.tar",name=x:1', { type: "docker", destination: "a,b.tar", layout: false, names: ["x:1"] }],
    ["type=docker", { type: "image", names: [], push: false }],
    ["type=image,push=true,name=r.io/a", { type: "image", names: ["r.io/a"], push: true }],
    ['type=image,"name=r.io/a,r.io/b"', { type: "image", names: ["r.io/a", "r.io/b"], push: false }],
    ["type=registry", { type: "image", names: [], push: true }],
    ["type=image,oci-mediatypes=true", { type: "image", names: [], push: false }],
    ["type=local,dest=o,platform-split=false", { type: "local", destination: "o", platformSplit: false }],
    [
      "type=registry,compression=zstd,compression-level=99,force-compression=true",
      { type: "image", names: [], push: true, packing: { compression: "zstd", level: 22, force: true } },
    ],
    [
      'type=image,annotation.a=1,"annotation-manifest[linux/arm64].b=x,y",rewrite-timestamp=true',
      {
        ...{ type: "image", names: [], push: false, rewriteTimestamps: true },
        annotations: [
          { at: "manifest", name: "a", value: "1" },
          { at: "manifest", platform: "linux/arm64", name: "b", value: "x,y" },
        ],
      },
    ],
  ])("%s", (text, spec) => {
    expect(parseOutput(text)).toEqual(spec);
  });

  test.each([
    "",
    "type=local",
    "type=nonsense",
    "dest=x",
    "type=oci,dset=x",
    "type=image,push=maybe",
    "type=oci,compression=lzma",
    "type=image,annotation-x.a=b",
  ])("refuses %j", (text) => {
    expect(codeOf(() => parseOutput(text))).toEqual(USAGE);
  });
});

describe("--annotation", () => {
  test.each([
    ["a=b", [{ at: "manifest", name: "a", value: "b" }]],
    ["org.x.url=http://host:80/", [{ at: "manifest", name: "org.x.url", value: "http://host:80/" }]],
    [
      "index,manifest[linux/amd64]:a=b:c",
      [
        { at: "index", name: "a", value: "b:c" },
        { at: "manifest", platform: "linux/amd64", name: "a", value: "b:c" },
      ],
    ],
  ])("%s", (text, annotations) => {
    expect(parseAnnotations([text])).toEqual(annotations);
  });

  test.each(["a", "=b", "nothing:a=b", "index-descriptor:a=b"])("refuses %j", (text) => {
    expect(codeOf(() => parseAnnotations([text]))).toEqual(USAGE);
  });
});

describe("limits", () => {
  test.each([
    [{}, {}],
    [{ memory: "64m", cpus: "1.5" }, { limits: { memory: 64 << 20, cpus: 1.5 } }],
    [{ cpuQuota: "50000" }, { limits: { cpus: 0.5 } }],
    [
      { cpuQuota: "50000", cpuPeriod: "25000", shmSize: "1k" },
      { limits: { cpus: 2 }, shmSize: 1024 },
    ],
  ])("%j", (flags, limits) => {
    expect(readLimits(flags)).toEqual(limits);
  });

  test.each([{ memory: "much" }, { cpus: "0" }, { cpuQuota: "-1" }])("refuses %j", (flags) => {
    expect(codeOf(() => readLimits(flags))).toEqual(USAGE);
  });
});

describe("--ssh", () => {
  test("takes the user's agent, and sockets only", () => {
    const file = join(folder, "key");
    writeFileSync(file, "no socket");
    for (const [spec, env] of [
      ["default", {}],
      ["default", { SSH_AUTH_SOCK: join(folder, "none") }],
      [`x=${file}`, {}],
      ["=y", {}],
    ] as const)
      expect(codeOf(() => readAgents([spec], { env, cwd: folder }))).toEqual(USAGE);
  });
});

test("--build-context: folders are taken from where the command was started, addresses stay", () => {
  const words = ["a=src", "b=docker-image://alpine:3", "c=oci-layout://out:v1", "d=git@host:repo", "e=/abs"];
  expect(parseNamedContexts(words, { cwd: "/w", isElsewhere: (place) => place.startsWith("git@") })).toEqual({
    ...{ a: "/w/src", b: "docker-image://alpine:3", c: "oci-layout:///w/out:v1", d: "git@host:repo", e: "/abs" },
  });
  for (const word of ["a", "=b", "a="])
    expect(codeOf(() => parseNamedContexts([word], { cwd: "/w", isElsewhere: () => false }))).toEqual(USAGE);
});

test("CSV fields may be quoted", () => {
  expect(splitCsv('a=1,"b=2,3","say ""x"""')).toEqual(["a=1", "b=2,3", 'say "x"']);
});

describe("--build-arg, --label, --env-file", () => {
  const env = { HOME: "/root", EMPTY: "" };

  test("a bare name takes the host's value, or none", () => {
    expect(parseKeyValues(["A=1=2", "HOME", "EMPTY", "ABSENT", "B="], env, "--build-arg")).toEqual({
      A: "1=2",
      HOME: "/root",
      EMPTY: "",
      B: "",
    });
    expect(codeOf(() => parseKeyValues(["=x"], env, "--build-arg"))).toEqual(USAGE);
  });

  test("a bare label is empty", () => {
    expect(parseLabels(["a=b=c", "d"])).toEqual({ a: "b=c", d: "" });
  });

  test("a file of variables", () => {
    const file = join(folder, "env");
    writeFileSync(file, "# comment\nA=1\n\n  B=two words\nHOME\r\n");
    expect(readEnvFile(file)).toEqual(["A=1", "B=two words", "HOME"]);
    expect(codeOf(() => readEnvFile(join(folder, "absent")))).toEqual(USAGE);
  });
});

describe("--secret", () => {
  writeFileSync(join(folder, "token.txt"), "from a file");
  const source = { env: { TOKEN: "from the environment", npm: "by its id" }, cwd: folder };

  test.each([
    ["id=a,src=token.txt", "a", "from a file"],
    ["id=a,source=token.txt,type=file", "a", "from a file"],
    ["id=a,env=TOKEN", "a", "from the environment"],
    ["type=env,id=TOKEN", "TOKEN", "from the environment"],
    ["id=npm", "npm", "by its id"],
    ["id=token.txt", "token.txt", "from a file"],
  ])("%s", (spec, id, content) => {
    expect(Buffer.from(readSecrets([spec], source)[id] ?? []).toString()).toBe(content);
  });

  test.each(["src2=x", "env=TOKEN", "id=a,src=absent", "id=a,env=ABSENT", "id=absent"])("refuses %s", (spec) => {
    expect(codeOf(() => readSecrets([spec], source))).toEqual(USAGE);
  });
});

describe("--volume, --mount, --tmpfs", () => {
  test("a folder of the host, made where missing", () => {
    expect(parseVolume("./new:/data:ro", folder)).toEqual({
      type: "bind",
      source: join(folder, "new"),
      target: "/data",
      readonly: true,
    });
    expect(parseVolume(`${folder}:/data`, "/")).toMatchObject({ source: folder, readonly: false });
  });

  test.each(["/data", "data:/var", "/a:relative", "/a:/b:rx", "/a:/b:ro:x"])("refuses -v %s", (text) => {
    expect(codeOf(() => parseVolume(text, folder))).toEqual(USAGE);
  });

  test("mounts by fields", () => {
    expect(parseMount(`type=bind,src=${folder},dst=/x,readonly`, "/")).toMatchObject({ target: "/x", readonly: true });
    expect(parseMount("type=tmpfs,dst=/x,tmpfs-size=1m,tmpfs-mode=700", "/")).toEqual({
      type: "tmpfs",
      target: "/x",
      size: 1048576,
      mode: 0o700,
    });
    expect(codeOf(() => parseMount("type=volume,src=a,dst=/x", "/"))).toEqual(USAGE);
  });

  test("tmpfs by options", () => {
    expect(parseTmpfs("/run:size=64k,mode=1777,rw")).toEqual({
      type: "tmpfs",
      target: "/run",
      size: 65536,
      mode: 0o1777,
    });
    expect(parseTmpfs("/run")).toEqual({ type: "tmpfs", target: "/run" });
  });

  test.each([
    ["10", 10],
    ["2k", 2048],
    ["1.5MB", 1572864],
    ["1GiB", 1073741824],
  ])("a size %s", (text, bytes) => {
    expect(parseSize(text, "size")).toBe(bytes);
  });
});

describe("switches with values", () => {
  const command = new Command("run")
    .option("--rm", "")
    .option("-i, --interactive", "")
    .option("-e, --env <v>", "")
    .option("--explain [format]", "")
    .option("--no-cache", "")
    .argument("<image>")
    .argument("[args...]");

  test.each([
    [
      ["--rm=true", "img"],
      ["--rm", "img"],
    ],
    [["--rm=false", "img"], ["img"]],
    [
      ["-e", "--rm=true", "img"],
      ["-e", "--rm=true", "img"],
    ],
    [
      ["-ie", "A=1", "--rm=true", "img"],
      ["-ie", "A=1", "--rm", "img"],
    ],
    [
      ["img", "--rm=true"],
      ["img", "--rm=true"],
    ],
    [
      ["--env=A=true", "--rm=1", "--", "--rm=1"],
      ["--env=A=true", "--rm", "--", "--rm=1"],
    ],
    [["--rm=maybe"], ["--rm=maybe"]],
    [
      ["--no-cache=true", "--rm", "--no-cache=false"],
      ["--no-cache", "--rm"],
    ],
    [
      ["--explain", "img"],
      ["--explain=true", "img"],
    ],
    [["--explain=json"], ["--explain=json"]],
  ])("%j", (words, expected) => {
    expect(withPlainBooleans(words, command)).toEqual(expected);
  });
});
