import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { DockerfileOptions } from "@tsbuild/builder";
import { formatPlatform, hostPlatform } from "@tsbuild/oci";
import { type LintOptions, parseIgnoreFile } from "@tsbuild/parser";

/** What the rules are told of a build. Of several platforms they see the first. */
export function lintOptionsOf({ platform, target, buildArgs, context, dockerfile }: DockerfileOptions): LintOptions {
  const ignoreFiles = [
    ...(dockerfile === undefined ? [] : [`${dockerfile}.dockerignore`]),
    ...(typeof context === "string" ? [resolve(context, ".dockerignore")] : []),
  ];
  const ignoreFile = ignoreFiles.find((file) => existsSync(file));
  return {
    ...(platform === undefined ? {} : { platform: firstOf(platform) }),
    ...(target === undefined ? {} : { target }),
    ...(buildArgs === undefined ? {} : { buildArgs }),
    ...(ignoreFile === undefined ? {} : { ignorePatterns: parseIgnoreFile(readFileSync(ignoreFile, "utf8")).patterns }),
    buildPlatform: formatPlatform(hostPlatform()),
  };
}

/** The first of platforms with commas between them. */
export function firstOf(platforms: string): string {
  return platforms.split(",")[0] ?? platforms;
}
