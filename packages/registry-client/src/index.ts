export type { RegistryClient, RegistryClientOptions, Repository } from "./client.ts";
export type { CredentialProvider, Credentials } from "./credentials.ts";
