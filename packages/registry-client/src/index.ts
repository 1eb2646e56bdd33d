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
