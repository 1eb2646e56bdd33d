import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TsbuildError } from "@tsbuild/oci";
import type { ProcessSpec } from "./process.ts";

/** A file that every process finds in its root, though no layer has it. */
export interface InjectedFile {
  readonly target: string;
  readonly source: string;
}

/** The name that a process's machine has where it is not given one. */
export const DEFAULT_HOSTNAME = "tsbuild";

/**
 * Writes /etc/resolv.conf, /etc/hosts and /etc/hostname for a process to `folder`. They are mounted over the image's, so
 * that a step can even change them, and leave no trace in its layer.
 * @throws TsbuildError HOST_INVALID
 */
export function writeInjectedFiles(folder: string, process: ProcessSpec): readonly InjectedFile[] {
  const hostname = process.hostname ?? DEFAULT_HOSTNAME;
  const contents = {
    "resolv.conf": process.network === "none" ? "" : hostResolvers(),
    hosts: hostsFile(hostname, process.extraHosts ?? []),
    hostname: `${hostname}\n`,
  };
  mkdirSync(folder, { recursive: true });
  return Object.entries(contents).map(([name, content]) => {
    const source = join(folder, name);
    writeFileSync(source, content, { mode: 0o644 });
    return { target: `/etc/${name}`, source };
  });
}

function hostResolvers(): string {
  try {
    return readFileSync("/etc/resolv.conf", "utf8");
  } catch {
    return "";
  }
}

function hostsFile(hostname: string, extraHosts: readonly string[]): string {
  const lines = [
    `127.0.0.1\tlocalhost ${hostname}`,
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "ff00::0\tip6-mcastprefix",
    "ff02::1\tip6-allnodes",
    "ff02::2\tip6-allrouters",
    ...extraHosts.map(hostLine),
  ];
  return `${lines.join("\n")}\n`;
}

function hostLine(host: string): string {
  const match = /^([^\s:=]+)[:=]\[?([0-9a-fA-F.:]+)\]?$/.exec(host);
  if (!match)
    throw new TsbuildError("HOST_INVALID", `not NAME:ADDRESS: ${JSON.stringify(host)}`, {
      hint: "Give hosts as in --add-host db:10.0.0.7.",
    });
  return `${match[2]}\t${match[1]}`;
}
