import { X509Certificate } from "node:crypto";
import { TsbuildError } from "@tsbuild/oci";

/** What a certificate must be to count. */
export interface CertificateRules {
  /** Authorities that are trusted, PEM; a file may hold several. */
  readonly roots: readonly string[];
  /** Mail addresses, URLs or names that the certificate must be for; one of them is enough. @default any */
  readonly identities?: readonly string[];
  /** When it must be valid. @default now */
  readonly at?: Date;
}

const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
const MAX_DEPTH = 8;

/**
 * Checks the certificate of a signer: signed by a trusted authority, directly or through `chain`, all of them valid at
 * the time and those between allowed to sign others; for signing code, where it says what it is for.
 *
 * Only node:crypto looks at certificates from outside here; node-forge makes them and unpacks PKCS#12.
 *
 * @returns The certificate.
 * @throws TsbuildError CERTIFICATE_INVALID
 */
export function checkCertificate(pem: string, chain: string, rules: CertificateRules): X509Certificate {
  const [leaf] = readCertificates(pem);
  if (leaf === undefined) throw invalid("there is none");
  const roots = rules.roots.flatMap(readCertificates);
  const at = rules.at ?? new Date();
  checkUsage(leaf);
  checkIdentity(leaf, rules.identities);
  checkIssuers({ between: readCertificates(chain), roots, at }, leaf);
  return leaf;
}

/** All certificates in a text of PEM blocks. @throws TsbuildError CERTIFICATE_INVALID */
export function readCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw invalid("it cannot be read", cause);
    }
  });
}

interface Authorities {
  readonly between: readonly X509Certificate[];
  readonly roots: readonly X509Certificate[];
  readonly at: Date;
}

function checkIssuers({ between, roots, at }: Authorities, leaf: X509Certificate): void {
  let current = leaf;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    checkTime(current, at);
    if (roots.some(({ fingerprint256 }) => fingerprint256 === current.fingerprint256)) return;
    const issuer = [...roots, ...between].find((candidate) => isIssuerOf(candidate, current));
    if (issuer === undefined) throw invalid(`nobody who is trusted has signed ${nameOf(current)}`);
    current = issuer;
  }
  throw invalid(`more than ${MAX_DEPTH} certificates stand between it and a trusted one`);
}

function isIssuerOf(candidate: X509Certificate, certificate: X509Certificate): boolean {
  const another = candidate.fingerprint256 !== certificate.fingerprint256;
  return another && candidate.ca && certificate.checkIssued(candidate) && certificate.verify(candidate.publicKey);
}

function checkTime(certificate: X509Certificate, at: Date): void {
  const [from, to] = [certificate.validFrom, certificate.validTo].map((text) => Date.parse(text));
  if (!(Number(from) <= at.getTime() && at.getTime() <= Number(to)))
    throw invalid(`${nameOf(certificate)} is valid from ${certificate.validFrom} to ${certificate.validTo} only`);
}

function checkUsage(leaf: X509Certificate): void {
  const usage: readonly string[] = leaf.keyUsage ?? [];
  if (usage.length > 0 && !usage.includes(CODE_SIGNING)) throw invalid(`${nameOf(leaf)} is not for signing code`);
}

function checkIdentity(leaf: X509Certificate, identities: readonly string[] | undefined): void {
  if (identities === undefined || identities.length === 0) return;
  const own = identitiesOf(leaf);
  if (!identities.some((identity) => own.includes(identity)))
    throw invalid(`${nameOf(leaf)} is for ${own.join(", ") || "nobody"}, not for ${identities.join(" or ")}`);
}

/** Whom a certificate is for: its alternative names and, where it has none, its common name. */
export function identitiesOf({ subjectAltName, subject }: X509Certificate): readonly string[] {
  // Names that could be mistaken for others stand in quotes, and are none that anybody would ask for.
  const names = (subjectAltName ?? "").split(", ").filter((entry) => !entry.includes('"'));
  const values = names.map((entry) => entry.replace(/^(?:email|URI|DNS|IP Address):/, "")).filter(Boolean);
  if (values.length > 0) return values;
  const common = /^CN=(.+)$/m.exec(subject)?.[1];
  return common === undefined ? [] : [common];
}

function nameOf({ subject }: X509Certificate): string {
  return `the certificate of ${subject.replaceAll(/\p{C}+/gu, " ").slice(0, 200)}`;
}

function invalid(reason: string, cause?: unknown): TsbuildError<"CERTIFICATE_INVALID"> {
  const message = `the certificate of the signer is not to be trusted: ${reason}`;
  return new TsbuildError("CERTIFICATE_INVALID", message, cause === undefined ? {} : { cause });
}
