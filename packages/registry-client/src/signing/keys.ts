import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { TsbuildError } from "@tsbuild/oci";

/** A key pair as text. */
export interface KeyPairText {
  /** PKCS#8, PEM; encrypted where there is a password. */
  readonly privateKey: string;
  /** SPKI, PEM. */
  readonly publicKey: string;
}

/** Kinds of keys that {@link generateKeyPair} makes: `p256` is what cosign has. */
export type KeyKind = "p256" | "ed25519" | "rsa";

/** Makes a key pair. With a password the private key is encrypted (PBES2, AES-256). */
export function generateKeyPair(options: { readonly kind?: KeyKind; readonly password?: string } = {}): KeyPairText {
  const { kind = "p256", password } = options;
  const { privateKey, publicKey } = makePair(kind);
  const encryption = password ? { cipher: "aes-256-cbc", passphrase: password } : {};
  return {
    privateKey: String(privateKey.export({ type: "pkcs8", format: "pem", ...encryption })),
    publicKey: String(publicKey.export({ type: "spki", format: "pem" })),
  };
}

function makePair(kind: KeyKind): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  if (kind === "ed25519") return generateKeyPairSync("ed25519");
  if (kind === "rsa") return generateKeyPairSync("rsa", { modulusLength: 3072 });
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

/**
 * Reads a private key in PEM.
 * @throws TsbuildError KEY_INVALID: damaged, not of a kind that signs, or the password is missing or wrong
 */
export function readPrivateKey(pem: string, password?: string): KeyObject {
  try {
    // Without a passphrase OpenSSL would ask for one at the terminal.
    return checked(createPrivateKey({ key: pem, passphrase: password ?? "" }));
  } catch (error) {
    throw keyInvalid("private", error);
  }
}

/** Reads a public key in PEM. @throws TsbuildError KEY_INVALID */
export function readPublicKey(pem: string): KeyObject {
  try {
    if (pem.includes("PRIVATE KEY")) throw new Error("it is a private key");
    return checked(createPublicKey(pem));
  } catch (error) {
    throw keyInvalid("public", error);
  }
}

/** Signs bytes as cosign does: ECDSA with the hash of its curve (DER), RSA PKCS#1 v1.5 with SHA-256, or Ed25519. */
export function signBytes(bytes: Uint8Array, key: KeyObject): Uint8Array {
  return sign(hashFor(key), bytes, key);
}

/** Tells whether a signature is that of these bytes by this key. What is no signature at all is not. */
export function verifyBytes(bytes: Uint8Array, signature: Uint8Array, key: KeyObject): boolean {
  try {
    return verify(hashFor(key), bytes, key, signature);
  } catch {
    return false;
  }
}

function hashFor({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | null {
  if (asymmetricKeyType === "ed25519") return null;
  const curve = asymmetricKeyDetails?.namedCurve;
  if (curve === "secp384r1") return "sha384";
  return curve === "secp521r1" ? "sha512" : "sha256";
}

function checked(key: KeyObject): KeyObject {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const small = type === "rsa" && (details?.modulusLength ?? 0) < 2048;
  if (small || !["ec", "rsa", "ed25519"].includes(type ?? ""))
    throw new Error(`keys of this kind are not used: ${type}`);
  return key;
}

function keyInvalid(what: string, cause: unknown): TsbuildError<"KEY_INVALID"> {
  return new TsbuildError("KEY_INVALID", `cannot read the ${what} key`, {
    hint:
      what === "private"
        ? "it must be PEM (EC, Ed25519, or RSA of 2048 bits and more); an encrypted one needs its password"
        : "it must be PEM: the public key, not the private one",
    cause,
  });
}
