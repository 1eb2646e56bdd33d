import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createMemoryStore,
  type Descriptor,
  extendImage,
  type ImageTarget,
  listReferrers,
  readNode,
  referrersTag,
  scratch,
} from "@tsbuild/oci";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createRegistryClient } from "../client.ts";
import { createTestRegistry } from "../testing.ts";
import { type CertificateAndKey, encodePkcs12, issueCertificate } from "./authority.ts";
import { checkCertificate, identitiesOf } from "./certificate.ts";
import { generateKeyPair, type KeyKind, readPrivateKey, readPublicKey, signBytes, verifyBytes } from "./keys.ts";
import { ANNOTATION, SIGNATURE_TYPE } from "./payload.ts";
import { readPkcs12 } from "./pkcs12.ts";
import { enforcePolicy, parsePolicy } from "./policy.ts";
import { signImage } from "./sign-image.ts";
import { verifyImage } from "./verify-image.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

const reference = "registry.example/team/app";
const pair = generateKeyPair();
const key = readPrivateKey(pair.privateKey);
const requirement = { keys: [readPublicKey(pair.publicKey)] };

async function imageIn(store: ImageTarget): Promise<Descriptor> {
  return (await extendImage(store, scratch("linux/amd64"), { config: { Cmd: ["x"] } })).descriptor;
}

describe("keys", () => {
  test.each<KeyKind>(["p256", "ed25519", "rsa"])("%s: encrypted, read back, signs", (kind) => {
    const made = generateKeyPair({ kind, password: "pass word" });
    expect(made.privateKey).toContain("ENCRYPTED");
    const bytes = Buffer.from("content");
    const signature = signBytes(bytes, readPrivateKey(made.privateKey, "pass word"));
    const publicKey = readPublicKey(made.publicKey);
    expect(verifyBytes(bytes, signature, publicKey)).toBe(true);
    expect(verifyBytes(Buffer.from("Content"), signature, publicKey)).toBe(false);
    expect(verifyBytes(bytes, signature.subarray(1), publicKey)).toBe(false);
    expect(verifyBytes(bytes, signature, requirement.keys[0] as never)).toBe(false);
    for (const password of [undefined, "", "other"])
      expect(() => readPrivateKey(made.privateKey, password)).toThrow(expect.objectContaining({ code: "KEY_INVALID" }));
  });

  test.each(["", "nonsense", pair.privateKey])("no public key: %#", (pem) => {
    expect(() => readPublicKey(pem)).toThrow(expect.objectContaining({ code: "KEY_INVALID" }));
  });
});

describe("signing", () => {
  test.each([true, false])("in a registry, with its own list of referrers: %s", async (listed) => {
    const registry = await createTestRegistry();
    open.push(registry);
    if (!listed) registry.addFault({ path: /referrers/, times: 999, action: { type: "status", status: 404 } });
    const client = createRegistryClient();
    open.push(client);
    const repository = client.repository(`${registry.host}/team/app`);
    const image = await imageIn(repository);
    await expect(verifyImage(repository, image, { requirement })).rejects.toMatchObject({ code: "SIGNATURE_MISSING" });
    const options = { key, reference: repository.name, annotations: { env: "prod" } };
    const signature = await signImage(repository, image, options);
    expect(await repository.referrers(image)).toMatchObject([
      { digest: signature.digest, artifactType: SIGNATURE_TYPE },
    ]);
    const found = await verifyImage(repository, image, { requirement, reference: repository.name });
    expect(found).toMatchObject([{ digest: image.digest, reference: repository.name, annotations: { env: "prod" } }]);
    await repository.delete(signature);
    expect(await repository.referrers(image)).toEqual([]);
  });

  test("in a store, as a referrer and under cosign's tag; two signers side by side", async () => {
    const store = createMemoryStore();
    const image = await imageIn(store);
    const other = generateKeyPair({ kind: "ed25519" });
    await signImage(store, image, { key, reference, tag: true });
    await signImage(store, image, { key: readPrivateKey(other.privateKey), reference, tag: true });
    expect(await listReferrers(store, image, { artifactType: SIGNATURE_TYPE })).toHaveLength(2);
    const tagged = await readNode(store, await store.resolve(`${referrersTag(image.digest)}.sig`));
    expect(tagged.manifest?.layers).toHaveLength(2);
    for (const text of [pair.publicKey, other.publicKey])
      expect(await verifyImage(store, image, { requirement: { keys: [readPublicKey(text)] } })).toHaveLength(1);
  });

  const refused: readonly (readonly [name: string, options: object, reason: RegExp])[] = [
    ["another key", { requirement: { keys: [readPublicKey(generateKeyPair().publicKey)] } }, /no key that is accepted/],
    ["no key at all", { requirement: {} }, /no key that is accepted/],
    ["another name", { requirement, reference: "registry.example/team" }, /signed as registry\.example\/team\/app/],
    ["another annotation", { requirement: { ...requirement, annotations: { env: "prod" } } }, /env=prod/],
  ];
  test.each(refused)("refused: %s", async (_, options, reason) => {
    const store = createMemoryStore();
    const image = await imageIn(store);
    await signImage(store, image, { key, reference, annotations: { env: "test" } });
    const verification = verifyImage(store, image, options as never);
    await expect(verification).rejects.toMatchObject({
      code: "SIGNATURE_INVALID",
      message: expect.stringMatching(reason),
    });
  });

  test("a signature of another image, put beside this one, does not count", async () => {
    const store = createMemoryStore();
    const image = await imageIn(store);
    const other = (await extendImage(store, scratch("linux/arm64"), {})).descriptor;
    await signImage(store, other, { key, reference, tag: true });
    const stolen = await store.resolve(`${referrersTag(other.digest)}.sig`);
    await store.tag(stolen, `${referrersTag(image.digest)}.sig`);
    await expect(verifyImage(store, image, { requirement })).rejects.toMatchObject({
      code: "SIGNATURE_INVALID",
      message: expect.stringContaining(`signature of ${other.digest}`),
    });
  });

  test("one broken signature does not hide a good one", async () => {
    const store = createMemoryStore();
    const image = await imageIn(store);
    await signImage(store, image, { key: readPrivateKey(generateKeyPair().privateKey), reference });
    await signImage(store, image, { key, reference });
    expect(await verifyImage(store, image, { requirement, reference })).toHaveLength(1);
  });
});

describe("certificates", () => {
  let folder: string;
  let root: CertificateAndKey;
  let between: CertificateAndKey;
  let signer: CertificateAndKey;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tsbuild-certificates-"));
    root = issueCertificate({ commonName: "root", use: "authority" });
    between = issueCertificate({ commonName: "between", use: "authority", issuer: root });
    signer = issueCertificate({ commonName: "ci", names: ["ci@example.com"], use: "code", issuer: between });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("a PKCS#12 file signs; who trusts the root accepts", async () => {
    const file = join(folder, "signer.p12");
    writeFileSync(file, encodePkcs12({ key: signer.key, certificates: [between.cert, signer.cert] }, "secret"));
    expect(() => readPkcs12(file, "wrong")).toThrow(expect.objectContaining({ code: "KEY_INVALID" }));
    const { key: own, certificates } = readPkcs12(file, "secret");
    expect(new X509Certificate(certificates[0] ?? "").subject).toBe("CN=ci");
    const store = createMemoryStore();
    const image = await imageIn(store);
    await signImage(store, image, { key: readPrivateKey(own), certificates, reference });
    const roots = [root.cert];
    const found = await verifyImage(store, image, { requirement: { roots, identities: ["ci@example.com"] } });
    expect(found).toMatchObject([{ identities: ["ci@example.com"] }]);
    const wrong = verifyImage(store, image, { requirement: { roots, identities: ["other@example.com"] } });
    await expect(wrong).rejects.toMatchObject({ message: expect.stringContaining("is for ci@example.com") });
    const self = issueCertificate({ commonName: "root", use: "authority" });
    const untrusted = verifyImage(store, image, { requirement: { roots: [self.cert] } });
    await expect(untrusted).rejects.toMatchObject({ code: "SIGNATURE_INVALID" });
  });

  test("a certificate with somebody else's signature", async () => {
    const store = createMemoryStore();
    const image = await imageIn(store);
    await signImage(store, image, { key, certificates: [signer.cert, between.cert], reference });
    const verification = verifyImage(store, image, { requirement: { roots: [root.cert] } });
    await expect(verification).rejects.toMatchObject({
      message: expect.stringContaining("not belong to its certificate"),
    });
  });

  const bad: readonly (readonly [name: string, make: () => [leaf: string, chain: string], at?: Date])[] = [
    ["none", () => ["", ""]],
    ["damaged", () => [signer.cert.replace(/[A-Z]{4}/g, "AAAA"), between.cert]],
    ["nobody between", () => [signer.cert, ""]],
    ["not yet valid", () => [signer.cert, between.cert], new Date(0)],
    ["over", () => [signer.cert, between.cert], new Date("2099-01-01")],
    ["for a server", () => [issueCertificate({ commonName: "s", use: "server", issuer: root }).cert, ""]],
    [
      "signed by one that is no authority",
      () => [issueCertificate({ commonName: "x", use: "code", issuer: signer }).cert, signer.cert + between.cert],
    ],
  ];
  for (const [name, make, at] of bad)
    test(`${name} is refused`, () => {
      const [leaf, chain] = make();
      const rules = { roots: [root.cert], ...(at === undefined ? {} : { at }) };
      expect(() => checkCertificate(leaf, chain, rules)).toThrow(
        expect.objectContaining({ code: "CERTIFICATE_INVALID" }),
      );
    });

  test("a name that holds a comma is not two names", () => {
    const made = issueCertificate({ commonName: "x", names: ["a, DNS:evil.example"], use: "code" });
    expect(identitiesOf(new X509Certificate(made.cert))).not.toContain("evil.example");
  });
});

describe("policy", () => {
  const read = (path: string) => (path === "team.pub" ? pair.publicKey : path);
  const policy = parsePolicy(
    JSON.stringify({
      repositories: {
        "docker.io/library": "accept",
        "registry.example": { keys: ["team.pub"] },
        "registry.example/old": "reject",
      },
    }),
    read,
  );

  test("the longest name counts, the default rejects", async () => {
    const store = createMemoryStore();
    const image = await imageIn(store);
    await signImage(store, image, { key, reference });
    const check = (name: string) => enforcePolicy(policy, store, image, { name });
    expect(await check("docker.io/library/debian")).toEqual([]);
    expect(await check(reference)).toHaveLength(1);
    await expect(check("registry.example/team/other")).rejects.toMatchObject({ code: "SIGNATURE_INVALID" });
    await expect(check("registry.example/old/app")).rejects.toMatchObject({ code: "POLICY_REJECTED" });
    await expect(check("docker.io/librarys/debian")).rejects.toMatchObject({ code: "POLICY_REJECTED" });
  });

  test.each([
    "",
    "[]",
    '{"defaults":"accept"}',
    '{"default":"maybe"}',
    '{"repositories":[]}',
    '{"repositories":{"a":{}}}',
    '{"repositories":{"a":{"keys":"team.pub"}}}',
    '{"repositories":{"a":{"keys":["team.pub"],"key":1}}}',
  ])("%j is no policy", (text) => {
    expect(() => parsePolicy(text, read)).toThrow(expect.objectContaining({ code: "POLICY_INVALID" }));
  });

  test("a hostile payload is an error", async () => {
    const store = createMemoryStore();
    const image = await imageIn(store);
    const payload = Buffer.from('{"critical":{"image":{},"type":"x"}}');
    const { writeArtifact, addToReferrersTag } = await import("@tsbuild/oci");
    const annotations = { [ANNOTATION.signature]: Buffer.from(signBytes(payload, key)).toString("base64") };
    const mediaType = "application/vnd.dev.cosign.simplesigning.v1+json";
    const blobs = [{ mediaType, content: payload, annotations }];
    const artifact = await writeArtifact(store, { artifactType: SIGNATURE_TYPE, blobs, subject: image });
    await addToReferrersTag(store, image, artifact);
    await expect(verifyImage(store, image, { requirement })).rejects.toMatchObject({ code: "SIGNATURE_INVALID" });
  });
});
