import { readFileSync } from "node:fs";
import type { ClientEvent, CredentialProvider, RegistryClient } from "@tsbuild/registry-client";
import type { Context } from "./context.ts";
import { usageError } from "./usage-error.ts";
import { version } from "./version.ts";

/** A client as the settings want it. The library is loaded here: commands that need no network start faster. */
export async function openRegistry(context: Context, credentials?: CredentialProvider): Promise<RegistryClient> {
  const { createRegistryClient, dockerCredentials, readHostSettings } = await import("@tsbuild/registry-client");
  const { mirrors, insecure, secure, authorities, proxy, docker } = context.settings();
  return createRegistryClient({
    mirrors,
    insecure,
    secure,
    ca: authorities.map((file) => readAuthority(file)),
    hosts: readHostSettings(docker),
    proxy,
    onEvent: (event) => tell(context, event),
    credentials: credentials ?? dockerCredentials({ onWarning: context.note, ...docker }),
    userAgent: `tsbuild/${version()}`,
  });
}

/** Says what would else look as if nothing happened. */
function tell(context: Context, event: ClientEvent): void {
  if (event.type === "registry.warning") context.note(`warning from ${event.host}: ${event.text}`);
  if (event.type !== "registry.waiting" || event.ms < 1000) return;
  context.note(`${event.host} asks to wait ${Math.ceil(event.ms / 1000)} s (${event.status})`);
}

function readAuthority(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw usageError(`cannot read the certificate ${file}`, {
      cause,
      hint: 'see TSBUILD_CA and "ca" in the config file',
    });
  }
}
