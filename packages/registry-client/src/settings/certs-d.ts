import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ClientCertificate, TlsSettings } from "../hosts.ts";
import { readPkcs12 } from "../signing/pkcs12.ts";
import { listSettingsFiles, readSettingsFile } from "./files.ts";
import { settingsInvalid } from "./invalid.ts";

/**
 * What lies for a host in a folder as Docker and Podman have it: `<folder>/<host[:port]>/` with authorities in `*.crt`
 * and client certificates as pairs of `x.cert` and `x.key`; ours besides: `*.p12`, without a password.
 * @throws TsbuildError SETTINGS_INVALID
 */
export function readCertificates(folder: string, host: string): TlsSettings {
  const own = join(folder, host);
  // The name of a host is a name of a folder and nothing else.
  if (dirname(own) !== join(folder)) return {};
  const ca = listSettingsFiles(own, ".crt").map((file) => readSettingsFile(file) ?? "");
  const pairs = listSettingsFiles(own, ".cert").map(readPair);
  const packed = listSettingsFiles(own, ".p12").map(readPacked);
  const client = [...pairs, ...packed];
  return { ...(ca.length === 0 ? {} : { ca }), ...(client.length === 0 ? {} : { client }) };
}

function readPair(file: string): ClientCertificate {
  const keyFile = file.replace(/\.cert$/, ".key");
  if (!existsSync(keyFile)) {
    throw settingsInvalid(`the client certificate ${file} has no key`, {
      hint: `put it at ${keyFile}`,
    });
  }
  return { cert: readSettingsFile(file) ?? "", key: readSettingsFile(keyFile) ?? "" };
}

function readPacked(file: string): ClientCertificate {
  const { key, certificates } = readPkcs12(file, "");
  return { cert: certificates.join("\n"), key };
}
