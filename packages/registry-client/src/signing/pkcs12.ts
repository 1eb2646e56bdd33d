import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { TsbuildError } from "@tsbuild/oci";
import type forgeTypes from "node-forge";

/** A private key and the certificates that lie with it in a PKCS#12 file (`.p12`, `.pfx`). */
export interface KeyAndCertificates {
  /** PKCS#8, PEM, not encrypted. */
  readonly key: string;
  /** PEM, that of the key first, the authorities behind it. */
  readonly certificates: readonly string[];
}

// Loaded when it is first needed: it takes 60 ms, and hardly anybody needs it.
const loadForge = (): typeof forgeTypes => createRequire(import.meta.url)("node-forge") as typeof forgeTypes;

/**
 * Reads a PKCS#12 file with an RSA key (RFC 7292).
 * @throws TsbuildError KEY_INVALID: damaged, a wrong password, another kind of key
 */
export function readPkcs12(file: string, password: string): KeyAndCertificates {
  const forge = loadForge();
  try {
    const der = forge.util.createBuffer(readFileSync(file).toString("binary"));
    const packed = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(der), password);
    const bagsOf = (oid: string) => packed.getBags({ bagType: oid })[oid] ?? [];
    const { pkcs8ShroudedKeyBag = "", keyBag = "", certBag = "" } = forge.pki.oids;
    const key = [...bagsOf(pkcs8ShroudedKeyBag), ...bagsOf(keyBag)].find((bag) => bag.key)?.key;
    const certificates = bagsOf(certBag).flatMap(({ cert }) => cert ?? []);
    if (key === undefined || key === null) throw new TsbuildError("KEY_INVALID", "it holds no RSA key");
    const own = certificates.findIndex(({ publicKey }) => samePublicKey(publicKey, key));
    const ordered = [...certificates.splice(Math.max(own, 0), 1), ...certificates];
    const info = forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(key));
    return {
      key: forge.pki.privateKeyInfoToPem(info),
      certificates: ordered.map((certificate) => forge.pki.certificateToPem(certificate)),
    };
  } catch (cause) {
    throw notReadable(file, cause);
  }
}

function samePublicKey(publicKey: forgeTypes.pki.PublicKey, key: forgeTypes.pki.PrivateKey): boolean {
  return "n" in publicKey && "n" in key && publicKey.n.equals(key.n);
}

function notReadable(file: string, cause: unknown): TsbuildError {
  const hint = "check the password; the key must be an RSA key";
  return new TsbuildError("KEY_INVALID", `cannot read the PKCS#12 file ${file}`, { hint, cause });
}
