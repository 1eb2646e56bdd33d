import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { isIP } from "node:net";
import type forgeTypes from "node-forge";

/** A certificate and its key, PEM. */
export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

/** What {@link issueCertificate} makes. */
export interface CertificateParts {
  /** Whom it is for, as people read it. */
  readonly commonName: string;
  /** Host names, IP addresses, and mail addresses. */
  readonly names?: readonly string[];
  /** What it may be used for. An authority signs others. */
  readonly use: "authority" | "server" | "client" | "code";
  /** @default 825: the most that Apple's systems take of a server */
  readonly days?: number;
  /** Who signs it. @default itself */
  readonly issuer?: CertificateAndKey;
}

const DAY_MS = 24 * 3600 * 1000;

// Loaded when it is first needed: it takes 60 ms, and hardly anybody needs it.
const loadForge = (): typeof forgeTypes => createRequire(import.meta.url)("node-forge") as typeof forgeTypes;

/** Makes a key (RSA) and a certificate for it: for development registries and tests, and for signers of images. */
export function issueCertificate(parts: CertificateParts): CertificateAndKey {
  const forge = loadForge();
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = String(pair.privateKey.export({ type: "pkcs8", format: "pem" }));
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(String(pair.publicKey.export({ type: "spki", format: "pem" })));
  // Positive, and different each time.
  certificate.serialNumber = `01${randomBytes(15).toString("hex")}`;
  certificate.validity.notBefore = new Date(Date.now() - DAY_MS);
  certificate.validity.notAfter = new Date(Date.now() + (parts.days ?? 825) * DAY_MS);
  certificate.setSubject([{ name: "commonName", value: parts.commonName }]);
  const issuer = parts.issuer === undefined ? undefined : forge.pki.certificateFromPem(parts.issuer.cert);
  certificate.setIssuer((issuer ?? certificate).subject.attributes);
  certificate.setExtensions(extensionsOf(parts));
  certificate.sign(forge.pki.privateKeyFromPem(parts.issuer?.key ?? key), forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key };
}

/** A key with its certificates as a PKCS#12 file, encrypted with AES-256. */
export function encodePkcs12(
  { key, certificates }: { readonly key: string; readonly certificates: readonly string[] },
  password: string,
): Uint8Array {
  const forge = loadForge();
  const chain = certificates.map((pem) => forge.pki.certificateFromPem(pem));
  const options = { algorithm: "aes256" } as const;
  const packed = forge.pkcs12.toPkcs12Asn1(forge.pki.privateKeyFromPem(key), chain, password, options);
  return Buffer.from(forge.asn1.toDer(packed).getBytes(), "binary");
}

function extensionsOf({ use, names = [] }: CertificateParts): object[] {
  const authority = use === "authority";
  return [
    { name: "basicConstraints", cA: authority, critical: true },
    authority
      ? { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true }
      : { name: "keyUsage", digitalSignature: true, keyEncipherment: use !== "code", critical: true },
    ...(use === "server" ? [{ name: "extKeyUsage", serverAuth: true }] : []),
    ...(use === "client" ? [{ name: "extKeyUsage", clientAuth: true }] : []),
    ...(use === "code" ? [{ name: "extKeyUsage", codeSigning: true }] : []),
    ...(names.length === 0 ? [] : [{ name: "subjectAltName", altNames: names.map(alternativeName) }]),
    { name: "subjectKeyIdentifier" },
  ];
}

/** The kinds of RFC 5280, 4.2.1.6: 1 mail, 2 DNS, 7 IP. */
function alternativeName(name: string): object {
  if (isIP(name) !== 0) return { type: 7, ip: name };
  return { type: name.includes("@") ? 1 : 2, value: name };
}
