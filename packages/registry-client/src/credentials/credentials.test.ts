import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dockerCredentials, isKeyOf } from "./docker-config.ts";
import { eraseCredentials, storeCredentials } from "./store.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "tsbuild-credentials-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const ada = { username: "ada", password: "se:cret" };
const encoded = Buffer.from("ada:se:cret").toString("base64");

function write(path: string, content: unknown): string {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

/** A helper that keeps one secret per server in a folder, as the real ones keep them in a key ring. */
function installHelper(name: string, script: string): Record<string, string> {
  const file = write(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`);
  rmSync(file);
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { PATH: `${join(home, "bin")}:/usr/bin:/bin` };
}

describe("keys", () => {
  const same: readonly (readonly [key: string, registry: string, same: boolean])[] = [
    ["ghcr.io", "ghcr.io", true],
    ["https://ghcr.io", "ghcr.io", true],
    ["https://ghcr.io/v2/", "ghcr.io", true],
    ["http://localhost:5000/v1/", "localhost:5000", true],
    ["https://index.docker.io/v1/", "docker.io", true],
    ["registry-1.docker.io", "docker.io", true],
    ["localhost:5000", "localhost", false],
    ["ghcr.io.evil.example", "ghcr.io", false],
    ["quay.io/team", "quay.io", false],
  ];
  test.each(same)("%s for %s: %s", (key, registry, expected) => expect(isKeyOf(key, registry)).toBe(expected));
});

describe("finding", () => {
  const entries: readonly (readonly [name: string, entry: unknown, found: unknown])[] = [
    ["user and password", { auth: encoded }, ada],
    ["the fields of old", { username: "ada", password: "x" }, { username: "ada", password: "x" }],
    ["an identity token", { auth: encoded, identitytoken: "idt" }, { identityToken: "idt" }],
    ["a registry token", { registrytoken: "rt" }, { registryToken: "rt" }],
    ["an empty entry", {}, undefined],
    ["nonsense", { auth: "!!!" }, undefined],
    ["a wrong type", 7, undefined],
  ];
  test.each(entries)("%s", async (_, entry, found) => {
    write(".docker/config.json", { auths: { "r.example": entry } });
    expect(await dockerCredentials({ env: {}, home })("r.example")).toEqual(found);
  });

  test("nothing anywhere is anonymous", async () => {
    expect(await dockerCredentials({ env: {}, home })("r.example")).toBeUndefined();
  });

  test.each([
    ["team/app", "app"],
    ["team/app/deep", "app"],
    ["team/other", "team"],
    ["teams/app", "host"],
    [undefined, "host"],
  ])("of the keys for parts of a registry the longest counts: %s", async (repository, username) => {
    const entry = (name: string) => ({ auth: Buffer.from(`${name}:x`).toString("base64") });
    const auths = { "r.example": entry("host"), "r.example/team": entry("team"), "r.example/team/app": entry("app") };
    write(".docker/config.json", { auths });
    expect(await dockerCredentials({ env: {}, home })("r.example", { repository })).toEqual({
      username,
      password: "x",
    });
  });

  test("DOCKER_CONFIG, REGISTRY_AUTH_FILE and auth.json", async () => {
    const auths = { "r.example": { auth: encoded } };
    const other = { auths: { "r.example": { auth: Buffer.from("bob:b").toString("base64") } } };
    write("d/config.json", { auths });
    write(".config/containers/auth.json", other);
    const bob = { username: "bob", password: "b" };
    expect(await dockerCredentials({ env: { DOCKER_CONFIG: join(home, "d") }, home })("r.example")).toEqual(ada);
    expect(await dockerCredentials({ env: {}, home })("r.example")).toEqual(bob);
    const file = write("auth.json", other);
    const env = { DOCKER_CONFIG: join(home, "d"), REGISTRY_AUTH_FILE: file };
    expect(await dockerCredentials({ env, home })("r.example")).toEqual(bob);
  });

  test.each(["{", "[]", "7"])("a damaged file (%s) is named", async (content) => {
    const file = write(".docker/config.json", content);
    const error = await dockerCredentials({ env: {}, home })("r.example").catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "CREDENTIALS_INVALID", message: expect.stringContaining(file) });
  });
});

describe("helpers", () => {
  const answer = `cat > /dev/null; echo '{"ServerURL":"s","Username":"ada","Secret":"se:cret"}'`;
  const cases: readonly (readonly [name: string, script: string, found: unknown])[] = [
    ["an answer", answer, ada],
    ["noise before the answer", `echo loading; ${answer}`, ada],
    ["an identity token", `cat >/dev/null; echo '{"Username":"<token>","Secret":"idt"}'`, { identityToken: "idt" }],
    ["nothing known", "echo credentials not found in native keychain; exit 1", undefined],
    ["input not read", `exec 0<&-; echo '{"Username":"ada","Secret":"se:cret"}'`, ada],
  ];
  test.each(cases)("%s", async (_, script, found) => {
    const env = installHelper("test", script);
    write(".docker/config.json", { credHelpers: { "r.example": "test" } });
    expect(await dockerCredentials({ env, home })("r.example")).toEqual(found);
  });

  test.each([
    ["a failure", "echo secret-in-output; exit 3", "test"],
    ["an answer that is no JSON", "echo secret-in-output", "test"],
    ["endless output", "yes secret-in-output", "test"],
    ["a name that is a path", "true", "../../bin/sh"],
  ])("%s is an error without the output", async (_, script, helper) => {
    const env = installHelper("test", script);
    write(".docker/config.json", { credsStore: helper });
    const error: unknown = await dockerCredentials({ env, home })("r.example").catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "CREDENTIAL_HELPER_FAILED" });
    expect(String(error)).not.toContain("secret-in-output");
  });

  test("a missing helper is a warning", async () => {
    write(".docker/config.json", { credsStore: "absent" });
    const warnings: string[] = [];
    const provider = dockerCredentials({ env: { PATH: "/usr/bin" }, home, onWarning: (text) => warnings.push(text) });
    expect(await provider("r.example")).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining("docker-credential-absent")]);
  });

  test("an abort ends the helper and rejects with its reason", async () => {
    const env = installHelper("test", "exec sleep 60");
    write(".docker/config.json", { credsStore: "test" });
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(dockerCredentials({ env, home })("r.example", { signal })).rejects.toBe(reason);
  });

  test("store and erase go through the helper", async () => {
    const env = installHelper("test", `echo "$1 $(cat)" >> ${join(home, "log")}`);
    const file = write(".docker/config.json", { credsStore: "test" });
    expect(await storeCredentials({ env, home }, "docker.io", ada)).toEqual({ helper: "test" });
    expect(await eraseCredentials({ env, home }, "docker.io")).toEqual({ helper: "test" });
    expect(readFileSync(join(home, "log"), "utf8").trim().split("\n")).toEqual([
      'store {"ServerURL":"https://index.docker.io/v1/","Username":"ada","Secret":"se:cret"}',
      "erase https://index.docker.io/v1/",
    ]);
    expect(readFileSync(file, "utf8")).toBe('{"credsStore":"test"}');
  });
});

describe("storing in the file", () => {
  test("keeps the rest, replaces other spellings, is private", async () => {
    const auths = { "https://r.example/v2/": { auth: "old" }, "q.example": { auth: "kept" } };
    const file = write(".docker/config.json", { HttpHeaders: { a: "b" }, auths });
    expect(await storeCredentials({ env: {}, home }, "r.example", ada)).toEqual({ file });
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
      HttpHeaders: { a: "b" },
      auths: { "q.example": { auth: "kept" }, "r.example": { auth: encoded } },
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await dockerCredentials({ env: {}, home })("r.example")).toEqual(ada);
    expect(await eraseCredentials({ env: {}, home }, "r.example")).toEqual({ file });
    expect(await eraseCredentials({ env: {}, home }, "r.example")).toBeUndefined();
    expect(await dockerCredentials({ env: {}, home })("q.example")).toBeUndefined();
  });

  test("makes the folder, and leaves a link a link", async () => {
    await storeCredentials({ env: {}, home }, "docker.io", { identityToken: "idt" });
    expect(await dockerCredentials({ env: {}, home })("docker.io")).toEqual({ identityToken: "idt" });
    const real = write("dotfiles/config.json", {});
    const link = join(home, "link.json");
    symlinkSync(real, link);
    await storeCredentials({ env: {}, home, configFile: link }, "r.example", ada);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, "utf8")).toContain("r.example");
  });
});
