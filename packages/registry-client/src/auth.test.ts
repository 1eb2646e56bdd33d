import { bytesOf, type Descriptor, digestOf, MEDIA_TYPE, readAll } from "@tsbuild/oci";
import { afterEach, describe, expect, test } from "vitest";
import { createRegistryClient, type RegistryClientOptions } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { createTestRegistry, type TestRegistry, type TestRegistryOptions } from "./testing.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

async function startRegistry(options: TestRegistryOptions): Promise<TestRegistry> {
  const registry = await createTestRegistry(options);
  open.push(registry);
  return registry;
}

function startClient(credentials?: Credentials, options: RegistryClientOptions = {}) {
  const provider = credentials === undefined ? {} : { credentials: async () => credentials };
  const client = createRegistryClient({ retry: { attempts: 3, backoffMs: 1 }, ...provider, ...options });
  open.push(client);
  return client;
}

const ada = { username: "ada", password: "pass:word" };
const users = { ada: "pass:word" };
const basic = { type: "basic", users } as const;
const token = { type: "token", users, identityTokens: { idt: "ada" } } as const;

function blobOf(text: string): Descriptor {
  return { mediaType: MEDIA_TYPE.ociConfig, digest: digestOf(text), size: text.length };
}

function tokenRequests({ requests }: TestRegistry) {
  return requests.filter(({ path }) => path === "/token");
}

describe("who may", () => {
  const cases: readonly (readonly [
    name: string,
    auth: TestRegistryOptions["auth"],
    own: Credentials | undefined,
    code: string | undefined,
  ])[] = [
    ["Basic, signed in", basic, ada, undefined],
    ["Basic, wrong password", basic, { username: "ada", password: "x" }, "UNAUTHORIZED"],
    ["Basic, anonymous", basic, undefined, "UNAUTHORIZED"],
    ["Bearer, signed in", token, ada, undefined],
    ["Bearer, identity token", token, { identityToken: "idt" }, undefined],
    ["Bearer, wrong identity token", token, { identityToken: "x" }, "UNAUTHORIZED"],
    ["Bearer, wrong password", token, { username: "ada", password: "x" }, "UNAUTHORIZED"],
    ["Bearer, a wrong token", token, { registryToken: "x" }, "UNAUTHORIZED"],
    ["Bearer, anonymous", token, undefined, "UNAUTHORIZED"],
  ];
  test.each(cases)("%s", async (_, auth, own, code) => {
    const registry = await startRegistry(auth === undefined ? {} : { auth });
    const client = startClient(own);
    const push = () => client.repository(`${registry.host}/a`).push(blobOf("x"), () => bytesOf("x"));
    if (code === undefined) {
      await client.ping(registry.host);
      return push();
    }
    const error: unknown = await push().catch((e: unknown) => e);
    expect(error).toMatchObject({ code, hint: expect.stringContaining(`tsbuild login ${registry.host}`) });
    expect(`${error} ${JSON.stringify(error)}`).not.toMatch(/pass|idt/);
  });

  test("anonymous may pull where that is allowed, and not push", async () => {
    const registry = await startRegistry({ auth: { ...token, anonymousPull: true } });
    await startClient(ada)
      .repository(`${registry.host}/a`)
      .push(blobOf("x"), () => bytesOf("x"));
    const repository = startClient().repository(`${registry.host}/a`);
    expect(String(await readAll(await repository.fetch(blobOf("x")), { limit: 9 }))).toBe("x");
    await expect(repository.push(blobOf("y"), () => bytesOf("y"))).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });

  test("a sign-in with a wrong password is known by ping", async () => {
    for (const auth of [basic, token]) {
      const registry = await startRegistry({ auth });
      const client = startClient({ username: "ada", password: "no" });
      await expect(client.ping(registry.host)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    }
  });
});

describe("tokens", () => {
  test("one serves until it expires, also when many ask at the same time", async () => {
    const registry = await startRegistry({ auth: token });
    const repository = startClient(ada).repository(`${registry.host}/a`);
    await Promise.all(["a", "b", "c", "d"].map((text) => repository.push(blobOf(text), () => bytesOf(text))));
    await repository.push(blobOf("e"), () => bytesOf("e"));
    const scopes = tokenRequests(registry).map(({ query }) => query.getAll("scope"));
    expect(scopes).toEqual([["repository:a:pull"], ["repository:a:pull,push"]]);
  });

  test("one that is refused early is renewed, once for each request", async () => {
    const registry = await startRegistry({ auth: { ...token, requestsPerToken: 1 } });
    const repository = startClient(ada).repository(`${registry.host}/a`);
    for (const text of ["a", "b", "c"]) await repository.push(blobOf(text), () => bytesOf(text));
    expect(await repository.exists(blobOf("c"))).toBe(true);
  });

  test("one that is never accepted is not asked for again and again", async () => {
    const registry = await startRegistry({ auth: { ...token, requestsPerToken: 0 } });
    const repository = startClient(ada).repository(`${registry.host}/a`);
    await expect(repository.exists(blobOf("a"))).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(tokenRequests(registry)).toHaveLength(1);
  });

  test("an expired one is renewed before it is refused", async () => {
    const registry = await startRegistry({ auth: { ...token, lifetimeSeconds: 0 } });
    const repository = startClient(ada).repository(`${registry.host}/a`);
    await expect(repository.exists(blobOf("a"))).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });

  test("a mount asks for both repositories", async () => {
    const registry = await startRegistry({ auth: token });
    const client = startClient(ada);
    await client.repository(`${registry.host}/a`).push(blobOf("x"), () => bytesOf("x"));
    expect(await client.repository(`${registry.host}/b`).mount(blobOf("x"), `${registry.host}/a`)).toBe(true);
    const last = tokenRequests(registry).at(-1)?.query.getAll("scope");
    expect(last).toEqual(["repository:a:pull", "repository:b:pull,push"]);
  });

  const answers: readonly (readonly [name: string, body: string, code: string | undefined])[] = [
    ["no token", "{}", "RESPONSE_INVALID"],
    ["a page", "<html>", "RESPONSE_INVALID"],
    ["far too much", `{"token":"${"x".repeat(100_000)}"}`, "RESPONSE_INVALID"],
    ["a token with a line end", '{"token":"a\\r\\nb: c"}', "RESPONSE_INVALID"],
  ];
  test.each(answers)("a token server that sends %s", async (_, body, code) => {
    const registry = await startRegistry({ auth: token });
    registry.addFault({ path: /token/, times: 9, action: { type: "status", status: 200, body } });
    const repository = startClient(ada).repository(`${registry.host}/a`);
    await expect(repository.exists(blobOf("a"))).rejects.toMatchObject({ code });
  });

  test("a token server that fails for a moment", async () => {
    const registry = await startRegistry({ auth: token });
    registry.addFault({ path: /token/, times: 2, action: { type: "status", status: 503 } });
    expect(await startClient(ada).repository(`${registry.host}/a`).exists(blobOf("a"))).toBe(false);
  });

  test.each(["http://169.254.169.254/token", "file:///etc/passwd", "nonsense"])(
    "the password does not go to %s",
    async (realm) => {
      const registry = await startRegistry({});
      const headers = { "www-authenticate": `Bearer realm="${realm}",service="s"` };
      registry.addFault({ times: 9, action: { type: "status", status: 401, headers } });
      const error: unknown = await startClient(ada)
        .ping(registry.host)
        .catch((e: unknown) => e);
      expect(error).toMatchObject({ code: expect.stringMatching(/REDIRECT_REFUSED|RESPONSE_INVALID/) });
    },
  );

  test("an abort does not wait for the token server", async () => {
    const registry = await startRegistry({ auth: token });
    registry.addFault({ path: /token/, action: { type: "delay", ms: 5_000 } });
    const controller = new AbortController();
    const { signal } = controller;
    const asking = startClient(ada).repository(`${registry.host}/a`).exists(blobOf("a"), { signal });
    await expect.poll(() => tokenRequests(registry).length).toBe(1);
    controller.abort("enough");
    await expect(asking).rejects.toBe("enough");
  });
});

test("credentials are asked for once for each registry", async () => {
  const registry = await startRegistry({ auth: basic });
  const askedFor: string[] = [];
  const credentials = async (name: string) => {
    askedFor.push(name);
    return ada;
  };
  const repository = startClient(undefined, { credentials }).repository(`${registry.host}/a`);
  await repository.push(blobOf("x"), () => bytesOf("x"));
  await repository.push(blobOf("y"), () => bytesOf("y"));
  expect(askedFor).toEqual([registry.host]);
});
