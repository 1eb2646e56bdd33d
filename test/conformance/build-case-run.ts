import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BuildEvent, BuildResult, DockerfileOptions, Exporter } from "@tsbuild/builder";
import { toDirectory, toLayout, toOciArchive, toTar } from "@tsbuild/builder";
import { formatReference, parseReference, withDefaultTag } from "@tsbuild/oci";
import { withoutDigests } from "./build-case-bases.ts";
import { writeFiles } from "./build-case-files.ts";
import type { Actual, BuildCase, CaseStep } from "./build-case-format.ts";
import { serveFiles } from "./build-case-server.ts";
import type { World } from "./build-case-world.ts";

/** What became of a step. */
export interface Outcome {
  readonly result: BuildResult | undefined;
  readonly error: unknown;
  /** Names of steps, what commands wrote, and buildah's words for a step from the cache. */
  readonly log: string;
  /** The address of the step's HTTP server, if it has one. */
  readonly server: string | undefined;
  /** What was exported is below: `files`, `files.tar`, `image.tar`, where an assertion asks for it. */
  readonly folder: string;
}

/** Builds one step of a case in `folder`, which is new. */
export async function runStep(world: World, one: BuildCase, index: number, folder: string): Promise<Outcome> {
  const step = one.steps[index] as CaseStep;
  const server = step.http_server === undefined ? undefined : await serveFiles(step.http_server);
  const log: string[] = [];
  const settled = (result: BuildResult | undefined, error: unknown): Outcome => {
    const failure = error instanceof Error ? `${error.message}\n` : "";
    return { result, error, log: log.join("") + failure, server: server?.address, folder };
  };
  try {
    const options = await requestOf(step, folder, server?.address ?? "");
    const output = outputsOf(one, index, folder);
    const request = { ...options, output, noCache: wantsNoCache(one, index), onEvent: logTo(log) };
    const result = await world.builder.buildDockerfile(request);
    if (index < one.steps.length - 1) return settled(result, undefined);
    const again = await world.builder.buildDockerfile({ ...options, tags: [] });
    const fresh = again.steps.filter(({ cached }) => !cached).map(({ name }) => name);
    if (fresh.length > 0)
      throw new Error(`built again, these steps were not taken from the cache: ${fresh.join("; ")}`);
    if (again.image.digest !== result.image.digest)
      throw new Error("built again from the cache, the digest is another");
    return settled(result, undefined);
  } catch (error) {
    return settled(undefined, error);
  } finally {
    await server?.close();
  }
}

/** The first build of a case runs all its steps: what another case left in the cache proves nothing. */
function wantsNoCache(one: BuildCase, index: number): boolean {
  const { no_cache, buildah_flags = [] } = one.steps[index]?.options ?? {};
  if (index === 0 || no_cache === true || no_cache === "") return true;
  return buildah_flags.includes("--no-cache") || (one.tool === "buildah" && !buildah_flags.includes("--layers"));
}

async function requestOf(step: CaseStep, folder: string, server: string): Promise<DockerfileOptions> {
  const filled = (text: string): string => withoutDigests(text.replaceAll("{{HTTP_SERVER}}", server));
  const context = join(folder, "context");
  await writeFiles(context, step.context);
  const file = await dockerfileOf(step, folder, filled);
  const { options } = step;
  const names = [...(step.image_names ?? [])];
  return {
    context,
    ...(file === undefined ? {} : { dockerfile: file }),
    ...optionsOf(step),
    buildArgs: buildArgsOf(step),
    namedContexts: await namedContextsOf(step, folder, filled),
    secrets: step.secrets ?? {},
    tags: names.map((name) => formatReference(withDefaultTag(parseReference(name)))),
    ...(options.labels === undefined ? {} : { labels: options.labels }),
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
  };
}

function optionsOf(step: CaseStep): Partial<DockerfileOptions> {
  const { options } = step;
  const { target, hostname, add_hosts, no_cache, force_network_mode: network, buildah_flags = [] } = options;
  const flag = (name: string): string | undefined =>
    buildah_flags.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
  const [os, arch] = [flag("os"), flag("arch")];
  const host = { os: "linux", arch: process.arch === "x64" ? "amd64" : process.arch };
  const platform = options.platform ?? (os || arch ? `${os ?? host.os}/${arch ?? host.arch}` : undefined);
  return {
    ...(target === undefined ? {} : { target }),
    ...(platform === undefined ? {} : { platform }),
    ...(hostname === undefined ? {} : { hostname }),
    rewriteTimestamps: step.export?.some(({ attrs }) => attrs?.["rewrite-timestamp"] === "true") === true,
    ...(add_hosts === undefined ? {} : { extraHosts: add_hosts.split(",") }),
    ...(network === "host" || network === "none" ? { network } : {}),
    ...(typeof no_cache === "string" && no_cache !== "" ? { noCacheFilter: no_cache.split(",") } : {}),
  };
}

async function dockerfileOf(
  { dockerfile, dockerfile_name, dockerfile_dir }: CaseStep,
  folder: string,
  filled: (text: string) => string,
): Promise<string | undefined> {
  const name = dockerfile_name ?? "Dockerfile";
  if (dockerfile_dir !== undefined) {
    await writeFiles(join(folder, "dockerfile"), dockerfile_dir);
    return join(folder, "dockerfile", name);
  }
  if (dockerfile === null) return undefined;
  const path = join(folder, "context", name);
  mkdirSync(dirname(path), { recursive: true });
  const lower = join(dirname(path), name.toLowerCase());
  const isInContext = existsSync(path) || (dockerfile_name === "Dockerfile" && existsSync(lower));
  const text = filled(dockerfile);
  if (text !== dockerfile || !isInContext) {
    rmSync(path, { force: true });
    writeFileSync(path, text);
  }
  return existsSync(path) ? path : undefined;
}

function buildArgsOf({ options }: CaseStep): Record<string, string> {
  const { build_args = {}, client_env = {}, frontend_attrs = {} } = options;
  const args = Object.entries(build_args).flatMap(([name, value]) => {
    const given = value ?? client_env[name];
    return given === undefined ? [] : [[name, given] as const];
  });
  const attributes = Object.entries(frontend_attrs).filter(([name]) => name.startsWith("build-arg:"));
  return Object.fromEntries([...args, ...attributes.map(([name, value]) => [name.slice(10), value] as const)]);
}

async function namedContextsOf(
  { options, local_dirs = {} }: CaseStep,
  folder: string,
  filled: (text: string) => string,
): Promise<Record<string, string>> {
  const named: Record<string, string> = {};
  for (const [name, place] of Object.entries(options.named_contexts ?? {})) {
    const directory = join(folder, "named", name.replaceAll("/", "_"));
    if (typeof place !== "string") await writeFiles(directory, place.local);
    else if (place.startsWith("local:")) await writeFiles(directory, local_dirs[place.slice(6)] ?? []);
    const isLocal = typeof place !== "string" || place.startsWith("local:");
    named[name] = isLocal ? directory : filled(place).replace(/^docker:\/\//, "docker-image://");
  }
  return named;
}

/** What the assertions about a step need exported. */
function outputsOf(one: BuildCase, index: number, folder: string): readonly Exporter[] {
  const step = one.steps[index];
  const asked = one.steps.flatMap(({ asserts }, at) =>
    asserts.flatMap(({ actual, other }) =>
      [actual, other].flatMap((each) => (each !== undefined && (each.step ?? at) === index ? [each] : [])),
    ),
  );
  const wants = (...kinds: readonly string[]): boolean => asked.some(({ kind }: Actual) => kinds.includes(kind));
  const oci = step?.export?.some(({ type }) => type === "oci" || type === "docker") === true;
  const layout = step?.export?.some(({ type, attrs }) => type === "oci" && attrs?.tar === "false") === true;
  const names = step?.image_names ?? [];
  const filesOf = (isLayout: boolean, place: string): Exporter => (isLayout ? toLayout(place) : toDirectory(place));
  return [
    ...(wants("file", "path", "stat", "symlink_target", "tree") ? [filesOf(layout, join(folder, "files"))] : []),
    ...(wants("tar_member") && !oci ? [toTar(join(folder, "files.tar"))] : []),
    ...(wants("index", "manifest", "layers") || oci ? [toOciArchive(join(folder, "image.tar"), names)] : []),
  ];
}

function logTo(log: string[]): (event: BuildEvent) => void {
  const names = new Map<string, string>();
  return (event) => {
    if (event.type === "vertex.planned") names.set(event.vertex, event.name);
    if (event.type === "vertex.started") log.push(`STEP ${event.name.replace("docker.io/library/", "")}\n`);
    if (event.type === "vertex.log") log.push(Buffer.from(event.data).toString());
    const isStep = event.type === "vertex.completed" && /\b(?:RUN|COPY|ADD) /.test(names.get(event.vertex) ?? "");
    if (event.type === "vertex.completed" && isStep) log.push(event.cached ? "--> Using cache\n" : "--> done\n");
    if (event.type === "warning") log.push(`${event.diagnostic.message}\n`);
  };
}
