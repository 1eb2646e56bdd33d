import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Builder } from "@tsbuild/builder";
import { copyImage, type Image, openArchive, readImage, TsbuildError } from "@tsbuild/oci";
import type { DockerEngine } from "./docker-engine.ts";
import { type Scenario, writeScenario } from "./scenario.ts";

/** What a builder made of a scenario. */
export type Outcome = { readonly image: Image } | { readonly failure: FailureKind; readonly text: string };

/** Coarse on purpose: which words a builder has for what went wrong is its own affair. */
export type FailureKind = "command" | "request";

/** Both builders, and where scenarios are written. */
export interface Rivals {
  readonly builder: Builder;
  readonly docker: DockerEngine;
  readonly folder: string;
}

/** Builds a scenario by tsbuild and by Docker; both images are then in our store. */
export async function buildBoth(rivals: Rivals, scenario: Scenario): Promise<{ ours: Outcome; theirs: Outcome }> {
  const folder = join(rivals.folder, String(scenario.seed));
  mkdirSync(folder, { recursive: true });
  try {
    writeScenario(scenario, join(folder, "context"));
    const [ours, theirs] = await Promise.all([
      buildOurs(rivals, scenario, folder),
      buildTheirs(rivals, scenario, folder),
    ]);
    return { ours, theirs };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function buildOurs({ builder }: Rivals, scenario: Scenario, folder: string): Promise<Outcome> {
  const { target, buildArgs } = scenario;
  try {
    const { image } = await builder.buildDockerfile({
      context: join(folder, "context"),
      ...(target === undefined ? {} : { target }),
      buildArgs,
      network: "none",
      noCache: true,
    });
    return { image: await readImage(builder.store, image) };
  } catch (error) {
    if (!TsbuildError.is(error)) throw error;
    return {
      failure: error.code.startsWith("COMMAND_") ? "command" : "request",
      text: `${error.code}: ${error.message}`,
    };
  }
}

async function buildTheirs({ builder, docker }: Rivals, scenario: Scenario, folder: string): Promise<Outcome> {
  const { seed, target, buildArgs } = scenario;
  const args = Object.entries(buildArgs).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
  const targets = target === undefined ? [] : ["--target", target];
  const name = `differential/built:${seed}`;
  const options = ["--progress=plain", "--no-cache", "--network=none", "--tag", name, ...targets, ...args];
  const { code, stderr } = await docker.run(["build", ...options, join(folder, "context")]);
  if (code === 124) return { failure: "request", text: "the engine hangs" };
  if (code !== 0) return { failure: failureOf(stderr), text: lastLine(stderr) };
  const file = join(folder, "theirs.tar");
  await docker.ok(["save", "--output", file, name]);
  const archive = await openArchive(file);
  try {
    const [found] = await archive.images();
    const { digest } = found?.descriptor ?? {};
    if (digest === undefined) throw new Error(`docker saved nothing for seed ${seed}`);
    await copyImage(archive, builder.store, digest);
    return { image: await readImage(builder.store, digest) };
  } finally {
    await archive.close();
    await docker.run(["rmi", "--force", name]);
  }
}

/** What docker says at the end, after the log of the build. */
function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

function failureOf(text: string): FailureKind {
  return /executor failed running|did not complete successfully/.test(text) ? "command" : "request";
}
