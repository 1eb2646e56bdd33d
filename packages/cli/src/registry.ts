import type { CredentialProvider, RegistryClient } from "@tsbuild/registry-client";
import type { Context } from "./context.ts";
import { version } from "./version.ts";

/** A client as the settings want it. The library is loaded here: commands that need no network start faster. */
export async function openRegistry(context: Context, credentials?: CredentialProvider): Promise<RegistryClient> {
  const { createRegistryClient, dockerCredentials } = await import("@tsbuild/registry-client");
  const { mirrors, insecure, proxy, docker } = context.settings();
  return createRegistryClient({
    mirrors,
    insecure,
    proxy,
    credentials: credentials ?? dockerCredentials({ onWarning: context.note, ...docker }),
    userAgent: `tsbuild/${version()}`,
  });
}
