import forge from "node-forge";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRegistryClient, type RegistryClientOptions } from "./client.ts";
import { createTestRegistry, type TestRegistry } from "./testing.ts";

/** A certificate that signs itself, for 0.0.0.0: an address of this machine that is not known to be one. */
function selfSigned(): { readonly key: string; readonly cert: string } {
  const keys = forge.pki.rsa.generateKeyPair(2048);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = keys.publicKey;
  certificate.serialNumber = "01";
  certificate.validity.notBefore = new Date(Date.now() - 60_000);
  certificate.validity.notAfter = new Date(Date.now() + 3_600_000);
  const name = [{ name: "commonName", value: "test registry" }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: "basicConstraints", cA: true },
    { name: "subjectAltName", altNames: [{ type: 7, ip: "0.0.0.0" }] },
  ]);
  certificate.sign(keys.privateKey, forge.md.sha256.create());
  return { key: forge.pki.privateKeyToPem(keys.privateKey), cert: forge.pki.certificateToPem(certificate) };
}

const tls = selfSigned();
let secure: TestRegistry;
let plain: TestRegistry;
beforeAll(async () => {
  secure = await createTestRegistry({ tls });
  plain = await createTestRegistry();
});
afterAll(async () => {
  await secure.close();
  await plain.close();
});

/** The outside name of a registry that listens on 127.0.0.1. */
function outside({ host }: TestRegistry): string {
  return host.replace("127.0.0.1", "0.0.0.0");
}

async function ping(host: string, options: RegistryClientOptions): Promise<unknown> {
  const client = createRegistryClient({ retry: { attempts: 2, backoffMs: 1 }, ...options });
  try {
    await client.ping(host);
    return "fine";
  } catch (error) {
    return error;
  } finally {
    await client.close();
  }
}

describe("TLS", () => {
  test("a private authority that was given is trusted", async () => {
    expect(await ping(outside(secure), { ca: [tls.cert] })).toBe("fine");
  });

  test("an unknown authority is an error at once, with a way out", async () => {
    const error = await ping(outside(secure), {});
    expect(error).toMatchObject({
      code: "TLS_FAILED",
      message: expect.stringContaining(`${outside(secure)}: its certificate is not trusted`),
      hint: expect.stringContaining("authority"),
    });
  });

  test("a host without TLS is an error, and fine where it is named insecure", async () => {
    const host = outside(plain);
    expect(await ping(host, {})).toMatchObject({ code: "TLS_FAILED", hint: expect.stringContaining("insecure") });
    expect(await ping(host, { insecure: [host] })).toBe("fine");
  });

  test("no redirect leads from https to http", async () => {
    secure.addFault({ action: { type: "redirect", origin: plain.origin } });
    expect(await ping(outside(secure), { ca: [tls.cert] })).toMatchObject({ code: "REDIRECT_REFUSED" });
  });
});

describe("proxies", () => {
  test("plain HTTP goes through the proxy, except to hosts of NO_PROXY and to this machine", async () => {
    const host = "registry.invalid";
    const proxy = { http: plain.origin };
    expect(await ping(host, { proxy, insecure: [host] })).toBe("fine");
    expect(plain.requests.at(-1)?.headers.host).toBe(host);
    const seen = plain.requests.length;
    const passedBy = await ping(host, { proxy: { ...proxy, no: "x.invalid,registry.invalid" }, insecure: [host] });
    expect(passedBy).toMatchObject({ code: "REGISTRY_UNREACHABLE" });
    expect(await ping("127.0.0.1:1", { proxy })).toMatchObject({ code: "REGISTRY_UNREACHABLE" });
    expect(plain.requests).toHaveLength(seen);
  });

  test("a proxy that makes no tunnel is an error", async () => {
    const error = await ping("registry.invalid", { proxy: { https: plain.origin } });
    expect(error).toMatchObject({ code: "REGISTRY_UNREACHABLE", message: expect.stringContaining("proxy") });
  });

  test("a proxy that is not there is an error", async () => {
    const error = await ping("registry.invalid", { proxy: { https: "http://127.0.0.1:1" } });
    expect(error).toMatchObject({ code: "REGISTRY_UNREACHABLE" });
  });
});
