import type { ContainerConfig } from "@tsbuild/oci";

/** The hostname of every command, unless the build says another: as BuildKit's, and part of a step's identity. */
export const DEFAULT_HOSTNAME = "buildkitsandbox";

/** The words in front of a shell text: what SHELL said, else the operating system's own. `os` is the image's. */
export function shellWords({ Shell }: ContainerConfig, os: string): readonly string[] {
  if (Shell !== undefined && Shell.length > 0) return Shell;
  return os === "windows" ? ["cmd", "/S", "/C"] : ["/bin/sh", "-c"];
}
