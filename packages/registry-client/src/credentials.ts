/** What a registry accepts as proof. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string }
  | { readonly registryToken: string };

/** Finds the credentials for a registry host (`docker.io`, `localhost:5000`); undefined: anonymous. */
export type CredentialProvider = (
  registry: string,
  options?: { readonly signal?: AbortSignal | undefined },
) => Promise<Credentials | undefined>;
