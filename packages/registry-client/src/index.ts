export { createRegistryClient, type RegistryClient, type RegistryClientOptions, type Repository } from "./client.ts";
export { type DockerConfigOptions, dockerConfigFile, dockerCredentials } from "./credentials/docker-config.ts";
export { type CredentialPlace, eraseCredentials, storeCredentials } from "./credentials/store.ts";
export type { CredentialProvider, Credentials } from "./credentials.ts";
export { RegistryError, type RegistryErrorCode, type RegistryErrorDetail } from "./error.ts";
export type { ClientEvent } from "./event.ts";
export {
  type ClientCertificate,
  type HostAbility,
  type HostLookup,
  type HostSettings,
  type MirrorSettings,
  mergeHostLookups,
  type TlsSettings,
} from "./hosts.ts";
export { type HostSettingsOptions, readHostSettings } from "./settings/host-settings.ts";
export { type CertificateAndKey, type CertificateParts, encodePkcs12, issueCertificate } from "./signing/authority.ts";
export { type CertificateRules, checkCertificate, identitiesOf } from "./signing/certificate.ts";
export { generateKeyPair, type KeyKind, type KeyPairText, readPrivateKey, readPublicKey } from "./signing/keys.ts";
export type { Payload } from "./signing/payload.ts";
export { type KeyAndCertificates, readPkcs12 } from "./signing/pkcs12.ts";
export { enforcePolicy, type PolicyRule, parsePolicy, type SignaturePolicy } from "./signing/policy.ts";
export { type SignOptions, signImage } from "./signing/sign-image.ts";
export {
  type SignatureRequirement,
  type VerifiedSignature,
  type VerifyOptions,
  verifyImage,
} from "./signing/verify-image.ts";
