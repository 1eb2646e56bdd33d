/** What a registry accepts as proof. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string }
  | { readonly registryToken: string };

/**
 * Finds the credentials for a registry host (`docker.io`, `localhost:5000`); undefined: anonymous. A client asks once
 * for each repository, since there may be credentials for a part of a registry only.
 */
export type CredentialProvider = (
  registry: string,
  options?: {
    readonly signal?: AbortSignal | undefined;
    /** Without the registry. */
    readonly repository?: string | undefined;
  },
) => Promise<Credentials | undefined>;
