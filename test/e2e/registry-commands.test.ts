import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digestOf, encodeEntry, openLayout, readImage, TAR_END, validateImage } from "@tsbuild/oci";
import { encodePkcs12, issueCertificate } from "@tsbuild/registry-client";
import { createTestRegistry, type TestRegistry } from "@tsbuild/registry-client/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorkbench, TSBUILD, type Workbench } from "../support/tsbuild.ts";

const AMD64 = "FROM scratch\nCOPY a.txt /\nLABEL arch=amd64\n";

/** A layer with one file. */
function tarOf(path: string, text: string): Buffer {
  const entry = { path, type: "file", mode: 0o644, uid: 0, gid: 0, size: text.length, mtime: 0, mtimeNsec: 0 } as const;
  const body = Buffer.alloc(Math.ceil(text.length / 512) * 512);
  body.write(text);
  return Buffer.concat([encodeEntry(entry), body, TAR_END]);
}

describe("the commands for registries", () => {
  let bench: Workbench;
  let registry: TestRegistry;
  let image: string;
  const file = (name: string) => join(bench.folder, name);

  beforeAll(async () => {
    bench = await openWorkbench();
    registry = await createTestRegistry();
    image = `${registry.host}/team/app`;
    const context = file("context");
    mkdirSync(context);
    writeFileSync(join(context, "a.txt"), "a\n");
    writeFileSync(join(context, "Dockerfile"), AMD64);
    for (const arch of ["amd64", "arm64"]) {
      await bench.ok(["build", "-q", "--platform", `linux/${arch}`, "-t", `${image}:${arch}`, context]);
      await bench.ok(["push", "-q", `${image}:${arch}`]);
    }
  });
  afterAll(async () => {
    await registry?.close();
    await bench?.close();
  });

  test("index create, annotate; digest, tags, catalog", async () => {
    const digest = await bench.ok(["index", "create", `${image}:all`, `${image}:amd64`, `${image}:arm64`]);
    expect(await bench.ok(["digest", `${image}:all`])).toBe(digest);
    const arm64 = await bench.ok(["digest", "--platform", "linux/arm64", `${image}:all`]);
    expect(arm64).toBe(await bench.ok(["digest", `${image}:arm64`]));
    const noted = await bench.ok(["index", "annotate", `${image}:all`, "--annotation", "a=b"]);
    expect(noted).not.toBe(digest);
    const less = await bench.ok(["index", "annotate", `${image}:all`, "--remove-annotation", "a"]);
    expect(less).toBe(digest);
    expect((await bench.ok(["tags", image])).split("\n")).toEqual(["all", "amd64", "arm64"]);
    expect(await bench.ok(["catalog", registry.host])).toBe(image);
  });

  test("inspect: fields, a template, raw bytes, the config", async () => {
    const shown = JSON.parse(await bench.ok(["inspect", `docker://${image}:all`]));
    expect(shown).toMatchObject({ Platforms: ["linux/amd64", "linux/arm64"], Config: { Labels: { arch: "amd64" } } });
    const { stdout } = await bench.run(["inspect", "--raw", `docker://${image}:all`]);
    expect(digestOf(stdout)).toBe(shown.Digest);
    const template = ["inspect", "--format", "{{.Digest}}", `docker://${image}:all`];
    expect(await bench.ok(template)).toBe(shown.Digest);
    const config = ["inspect", "--config", "--platform", "linux/arm64", `docker://${image}:all`];
    expect(JSON.parse(await bench.ok(config))).toMatchObject({ architecture: "arm64" });
    const wrong = await bench.run(["inspect", "--config", "--platform", "linux/s390x", `docker://${image}:all`]);
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("only for: linux/amd64, linux/arm64") });
  });

  test("append, rebase", async () => {
    for (const name of ["old", "new", "own"]) writeFileSync(file(`${name}.tar`), tarOf(name, name));
    await bench.ok(["append", `${image}:amd64`, "--layer", file("old.tar"), "--to", `${image}:old`]);
    await bench.ok(["append", `${image}:amd64`, "--layer", file("new.tar"), "--to", `${image}:new`]);
    await bench.ok(["append", `${image}:old`, "--layer", file("own.tar"), "--to", `${registry.host}/other/app:v1`]);
    const args = ["--from", `${image}:old`, "--onto", `${image}:new`, "--to", `oci:${file("rebased")}:v1`];
    const digest = await bench.ok(["rebase", `${registry.host}/other/app:v1`, ...args]);
    const layout = await openLayout(file("rebased"));
    await validateImage(layout, await layout.resolve("v1"));
    const rebased = await readImage(layout, "v1", { platform: "linux/amd64" });
    expect(rebased.descriptor.digest).toBe(digest);
    expect(rebased.layers.map(({ diffId }) => diffId).slice(1)).toEqual(
      ["new", "own"].map((name) => digestOf(readFileSync(file(`${name}.tar`)))),
    );
    const refused = await bench.run(["rebase", `${image}:new`, ...args]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("to another base") });
    writeFileSync(file("no.tar"), "no tar at all, but long enough to look at: ".repeat(40));
    const noTar = await bench.run(["append", `${image}:amd64`, "--layer", file("no.tar"), "--to", `${image}:x`]);
    expect(noTar).toMatchObject({ code: 1, stderr: expect.stringContaining("is no tar") });
  });

  test("key generate, sign, verify; referrers; a copy with them", async () => {
    const password = { env: { TSBUILD_KEY_PASSWORD: "secret" } };
    await bench.ok(["key", "generate", "-o", file("team")], password);
    expect(readFileSync(file("team.key"), "utf8")).toContain("ENCRYPTED");
    const again = await bench.run(["key", "generate", "-o", file("team")], password);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("--force") });
    const sign = ["sign", "--key", file("team.key"), "--annotation", "env=prod", `${image}:all`];
    expect((await bench.run(sign)).stderr).toContain("password");
    const signature = await bench.ok(sign, password);
    expect(await bench.ok(["referrers", "--format", "{{.digest}}", `${image}:all`])).toBe(signature);
    const verify = ["verify", "--key", file("team.pub"), "--annotation", "env=prod"];
    expect(JSON.parse(await bench.ok([...verify, `${image}:all`]))).toMatchObject({ reference: image });
    const unsigned = await bench.run([...verify, `${image}:amd64`]);
    expect(unsigned).toMatchObject({ code: 1, stderr: expect.stringContaining("is not signed") });
    await bench.ok(["copy", "-q", "--referrers", `${image}:all`, `oci:${file("copied")}:v1`]);
    await bench.ok([...verify, "--as", image, `oci:${file("copied")}:v1`]);
    await bench.ok(["copy", "-q", "--referrers", `oci:${file("copied")}:v1`, `${registry.host}/copied/app:v1`]);
    await bench.ok([...verify, "--as", image, `${registry.host}/copied/app:v1`]);
    const elsewhere = await bench.run([...verify, `${registry.host}/copied/app:v1`]);
    expect(elsewhere).toMatchObject({ code: 1, stderr: expect.stringContaining(`signed as ${image}`) });
  });

  test("sign with PKCS#12, verify by a policy", async () => {
    const root = issueCertificate({ commonName: "root", use: "authority" });
    const signer = issueCertificate({ commonName: "ci", names: ["ci@example.com"], use: "code", issuer: root });
    writeFileSync(file("ca.pem"), root.cert);
    writeFileSync(file("ci.p12"), encodePkcs12({ key: signer.key, certificates: [signer.cert] }, "secret"));
    const password = { env: { TSBUILD_KEY_PASSWORD: "secret" } };
    await bench.ok(["sign", "--key", file("ci.p12"), `${image}:arm64`], password);
    const rule = { roots: ["ca.pem"], identities: ["ci@example.com"] };
    writeFileSync(file("policy.json"), JSON.stringify({ repositories: { [`${registry.host}/team`]: rule } }));
    await bench.ok(["verify", "--policy", file("policy.json"), `${image}:arm64`]);
    const other = await bench.run(["verify", "--policy", file("policy.json"), `${registry.host}/copied/app:v1`]);
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining("the policy lets nobody") });
  });

  test("copy: platforms, formats, archives with all of them", async () => {
    const archive = file("all.tar");
    const digest = await bench.ok(["digest", `${image}:all`]);
    expect(await bench.ok(["copy", "-q", `${image}:all`, `oci-archive:${archive}:v1`])).toBe(digest);
    expect(await bench.ok(["copy", "-q", `oci-archive:${archive}:v1`, `${registry.host}/back/app:v1`])).toBe(digest);
    await bench.ok(["copy", "-q", "--format", "docker", `${image}:all`, `${registry.host}/docker/app:v1`]);
    const docker = JSON.parse(await bench.ok(["inspect", "--raw", `docker://${registry.host}/docker/app:v1`]));
    expect(docker.mediaType).toContain("manifest.list.v2");
    expect(await bench.ok(["copy", "-q", `${registry.host}/docker/app:v1`, `oci:${file("oci")}:v1`])).toMatch(
      /^sha256:/,
    );
    const layout = await openLayout(file("oci"));
    expect((await layout.resolve("v1")).mediaType).toContain("oci.image.index");
    const one = ["copy", "-q", "--platform", "linux/arm64", `${image}:all`, `oci:${file("oci")}:arm`];
    expect(await bench.ok(one)).toBe(await bench.ok(["digest", `${image}:arm64`]));
  });

  test("registry serve: TLS, passwords, pull-through; ends with an interrupt", async () => {
    const args = ["registry", "serve", file("served"), "-p", "0", "--tls", "--auth", "ada:secret"];
    const child = spawn(process.execPath, [TSBUILD, ...args, "--upstream", registry.host], {
      env: { ...process.env, ...bench.env },
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      const [line] = await once(child.stdout, "data");
      const host = String(line).trim().replace("https://", "");
      const env = {
        TSBUILD_CA: file("served/tls/ca.crt"),
        TSBUILD_SECURE_REGISTRIES: host,
        DOCKER_CONFIG: file("docker"),
      };
      const out = await bench.run(["digest", `${host}/team/app:all`], { env });
      expect(out).toMatchObject({ code: 1, stderr: expect.stringContaining("tsbuild login") });
      await bench.ok(["login", "-u", "ada", "--password-stdin", host], { env, input: "secret\n" });
      const digest = await bench.ok(["digest", `${image}:all`]);
      expect(await bench.ok(["copy", "-q", `${host}/team/app:all`, `oci:${file("through")}:v1`], { env })).toBe(digest);
      const layout = await openLayout(file("through"));
      await validateImage(layout, await layout.resolve("v1"));
    } finally {
      child.kill("SIGINT");
      const [code] = child.exitCode === null ? await once(child, "exit") : [child.exitCode];
      expect(code).toBe(0);
    }
  });
});
