import { chmodSync, lchownSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "./random.ts";
import { type ContextFile, randomContext, randomIgnore } from "./random-context.ts";
import { type DockerfileRequest, randomDockerfile } from "./random-dockerfile.ts";

/** Everything that both builders are given. */
export interface Scenario extends DockerfileRequest {
  readonly seed: number;
  readonly files: readonly ContextFile[];
  readonly ignore: string | undefined;
}

/** The scenario of a seed: the same one at every call. */
export function scenarioOf(seed: number): Scenario {
  const random = createRandom(seed);
  const files = randomContext(random);
  const ignore = randomIgnore(random, files);
  const archives = files.filter(({ type, path }) => type === "archive" || path === "fake.tar").map(({ path }) => path);
  const paths = files.map(({ path }) => path);
  return { seed, files, ignore, ...randomDockerfile(random, { paths, archives }) };
}

/** Writes the context with its Dockerfile to `folder`, which is made. */
export function writeScenario(scenario: Scenario, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const file of scenario.files) writeFile(join(folder, file.path), file, folder);
  writeFileSync(join(folder, "Dockerfile"), scenario.dockerfile);
  if (scenario.ignore !== undefined) writeFileSync(join(folder, ".dockerignore"), scenario.ignore);
}

function writeFile(path: string, file: ContextFile, folder: string): void {
  const { type, content = "", target = "", mode, owner } = file;
  if (type === "hardlink") {
    linkSync(join(folder, target), path);
    return;
  }
  if (type === "directory") mkdirSync(path);
  else if (type === "symlink") symlinkSync(target, path);
  else writeFileSync(path, content);
  lchownSync(path, owner, owner);
  if (type !== "symlink") chmodSync(path, mode);
}

/** The scenario as text, for whoever looks into a difference. */
export function describeScenario({ seed, files, ignore, dockerfile, target, buildArgs }: Scenario): string {
  const listed = files.map(
    ({ path, type, mode, target: to }) => `  ${mode.toString(8)} ${type} ${path}${to ? ` -> ${to}` : ""}`,
  );
  return [
    `seed ${seed}${target === undefined ? "" : `, --target ${target}`}, build arguments ${JSON.stringify(buildArgs)}`,
    dockerfile.trimEnd(),
    ...(ignore === undefined ? [] : ["--- .dockerignore", ignore.trimEnd()]),
    "--- context",
    ...listed,
  ].join("\n");
}
