import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readHostSettings } from "./host-settings.ts";
import { parseToml } from "./toml.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-settings-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function lookup(name: string) {
  const { ca, client, mirrors, ...rest } = readHostSettings({ env: {}, home: join(folder, "home"), system: folder })(
    name,
  );
  return {
    ...rest,
    ...(ca?.length ? { ca } : {}),
    ...(client?.length ? { client } : {}),
    ...(mirrors?.length ? { mirrors } : {}),
  };
}

describe("TOML", () => {
  const valid: readonly (readonly [text: string, value: unknown])[] = [
    ["", {}],
    ["a = 1 # one\n'b c' = \"x\"\n", { a: 1, "b c": "x" }],
    ["a.b.c = true\na.d = false", { a: { b: { c: true }, d: false } }],
    ["[a.b]\nc = -1.5\n[a.d]\ne = 1_000", { a: { b: { c: -1.5 }, d: { e: 1000 } } }],
    ["[[a]]\nb = 1\n[[a]]\nb = 2\n[a.c]\nd = 3", { a: [{ b: 1 }, { b: 2, c: { d: 3 } }] }],
    ["a = [1, # one\n 'two',\n [3],\n]", { a: [1, "two", [3]] }],
    ["a = { b = 1, c.d = 'x' }\ne = {}", { a: { b: 1, c: { d: "x" } }, e: {} }],
    ['a = "q\\"\\u00e9\\n"', { a: 'q"é\n' }],
    ['a = """\none\n  two \\\n   three"""', { a: "one\n  two three" }],
    ["a = '''\nC:\\x'''", { a: "C:\\x" }],
    ["a = 2020-01-02T03:04:05Z", { a: "2020-01-02T03:04:05Z" }],
    ['[host."https://a.b:5"]\nx = 1', { host: { "https://a.b:5": { x: 1 } } }],
    ["__proto__.x = 1", JSON.parse('{"__proto__": {"x": 1}}')],
  ];
  test.each(valid)("%j", (text, value) => {
    expect(JSON.parse(JSON.stringify(parseToml(text, "f")))).toEqual(value);
  });

  test.each(["a", "a =", "a = 1 2", "a = [1", "a = 'x", 'a = "\n"', "[a", "a = 1\na = 2", "a = x", "a = 1\n[[a]]"])(
    "%j is refused, with its line",
    (text) => {
      expect(() => parseToml(text, "the.toml")).toThrow(/the\.toml, line \d: /);
    },
  );

  test("what is nested for ever ends, and takes no time", () => {
    expect(() => parseToml(`a = ${"[".repeat(100_000)}`, "f")).toThrow("nested too deep");
    expect(() => parseToml(`a = "${'\\"'.repeat(100_000)}`, "f")).toThrow();
  });
});

describe("registries.conf", () => {
  const conf = `
unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "docker.io"
location = "hub.example/proxy"
[[registry.mirror]]
location = "mirror.example:5000/hub"
insecure = true
[[registry.mirror]]
location = "digests.example"
pull-from-mirror = "digest-only"
[[registry]]
location = "docker.io/library/secret"
blocked = true
[[registry]]
prefix = "*.lab.example"
insecure = true
[[registry]]
prefix = "quay.io/team"
location = "quay.io/team"
mirror-by-digest-only = true
mirror = [{ location = "m.example/t" }]
`;
  test.each([
    [
      "docker.io/library/debian",
      {
        host: "hub.example",
        repository: "proxy/library/debian",
        mirrors: [
          {
            url: "https://mirror.example:5000",
            repository: "hub/library/debian",
            mayBePlain: true,
            skipVerify: true,
          },
          { url: "https://digests.example", repository: "library/debian", abilities: ["pull"] },
        ],
      },
    ],
    ["docker.io/library/secret", { blockedBy: expect.stringContaining("registries.conf") }],
    [
      "docker.io/library/secrets",
      { host: "hub.example", repository: "proxy/library/secrets", mirrors: expect.anything() },
    ],
    ["a.lab.example:5000/x", { mayBePlain: true, skipVerify: true }],
    ["lab.example/x", {}],
    ["quay.io/team/app", { mirrors: [{ url: "https://m.example", repository: "t/app", abilities: ["pull"] }] }],
    ["quay.io/teams/app", {}],
  ])("%s", (name, expected) => {
    write("containers/registries.conf", conf);
    expect(lookup(name)).toEqual(expected);
  });

  test("files of registries.conf.d go before it, the user's before the machine's", () => {
    write("containers/registries.conf", '[[registry]]\nlocation = "a.example"\nblocked = true\n');
    write("containers/registries.conf.d/1.conf", '[[registry]]\nlocation = "a.example"\ninsecure = true\n');
    expect(lookup("a.example/x")).toEqual({ mayBePlain: true, skipVerify: true });
    const user = '[[registry]]\nlocation = "a.example"\n[[registry.mirror]]\nlocation = "m.example"\n';
    write("home/.config/containers/registries.conf", user);
    expect(lookup("a.example/x").mirrors).toEqual([{ url: "https://m.example", repository: "x" }]);
  });

  test("a damaged file is named with its line", () => {
    write("containers/registries.conf", "\n[[registry]\n");
    expect(() => lookup("a.example/x")).toThrow(/registries\.conf, line 2/);
  });
});

describe("hosts.toml", () => {
  test("mirrors with what they can, and their certificates", () => {
    write("containerd/certs.d/docker.io/ca.pem", "CA");
    write("containerd/certs.d/docker.io/c.pem", "CERT");
    write("containerd/certs.d/docker.io/c.key", "KEY");
    write(
      "containerd/certs.d/docker.io/hosts.toml",
      `server = "https://registry-1.docker.io"
[host."https://m.example/deep/v2"]
  capabilities = ["pull"]
  override_path = true
  ca = "ca.pem"
  client = [["c.pem", "c.key"]]
[host."http://plain.example:5000"]
  skip_verify = true
`,
    );
    expect(lookup("docker.io/library/debian")).toEqual({
      plain: false,
      mirrors: [
        {
          url: "https://m.example/deep/v2",
          abilities: ["pull"],
          overridePath: true,
          ca: ["CA"],
          client: [{ cert: "CERT", key: "KEY" }],
        },
        { url: "http://plain.example:5000", abilities: ["pull", "resolve"], overridePath: false, skipVerify: true },
      ],
    });
  });

  test.each(["h.example:5000", "h.example_5000_", "_default"])("found as %s", (name) => {
    write(`containerd/certs.d/${name}/hosts.toml`, 'server = "http://other.example"\nskip_verify = true\n');
    expect(lookup("h.example:5000/x")).toEqual({ plain: true, host: "other.example", skipVerify: true });
  });

  test("a certificate that is not there is named", () => {
    write("containerd/certs.d/a.example/hosts.toml", 'ca = "no.pem"');
    expect(() => lookup("a.example/x")).toThrow(/no\.pem/);
  });
});

describe("Docker", () => {
  test("daemon.json: mirrors are docker.io's, insecure hosts are tried with TLS first", () => {
    const json = {
      "registry-mirrors": ["https://m.example/"],
      "insecure-registries": ["i.example:5000", "10.0.0.0/8"],
    };
    write("docker/daemon.json", JSON.stringify(json));
    expect(lookup("docker.io/library/a")).toEqual({ mirrors: [{ url: "https://m.example/" }] });
    expect(lookup("i.example:5000/a")).toEqual({ mayBePlain: true, skipVerify: true });
    expect(lookup("quay.io/a")).toEqual({});
  });

  test.each(["[]", "{"])("daemon.json: %j is an error", (text) => {
    write("docker/daemon.json", text);
    expect(() => lookup("a.example/x")).toThrow(/daemon\.json/);
  });

  test("certs.d: authorities and pairs, the user's and the machine's", () => {
    write("docker/certs.d/a.example:5000/ca.crt", "CA");
    write("home/.config/containers/certs.d/a.example:5000/mine.cert", "CERT");
    write("home/.config/containers/certs.d/a.example:5000/mine.key", "KEY");
    expect(lookup("a.example:5000/x")).toEqual({ ca: ["CA"], client: [{ cert: "CERT", key: "KEY" }] });
    expect(lookup("a.example/x")).toEqual({});
    write("docker/certs.d/b.example/x.cert", "CERT");
    expect(() => lookup("b.example/x")).toThrow(/x\.cert has no key/);
  });
});
