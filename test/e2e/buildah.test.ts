import { join } from "node:path";
import { copyImage, type Image, openArchive, openLayout, openStore, readImage } from "@tsbuild/oci";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Basekit, basekitMissing, basekitSamples, serveBasekit } from "../support/basekit.ts";
import { compareFacts, essentials, type FileFacts, readFacts, type Volatile } from "../support/image-tree.ts";
import { hasProgram, isRoot, openWorkbench, succeed, type Workbench } from "../support/tsbuild.ts";

const LONG = 600_000;
const SAMPLES = ["debian", "golang", "nginx", "node", "python", "python-flask"];

/** What the very same command writes differently each time it runs. */
const VOLATILE: Volatile = {
  names: [
    /^root\/\.npm\/(_logs|_cacache|_update)/,
    /^root\/\.cache\//,
    /^var\/lib\/apt\/lists\//,
    /^tmp\/node-compile-cache/,
  ],
  contents: [
    /^var\/log\//,
    /^var\/cache\/ldconfig\/aux-cache$/,
    /^var\/cache\/debconf\//,
    /^var\/lib\/dpkg\/(status|status-old|triggers)/,
    /\.pyc$/,
    /^etc\/(shadow|shadow-|passwd-|group-|gshadow-)$/,
    /\.dist-info\/RECORD$/,
  ],
};

/** What buildah itself adds or leaves behind; nothing of it comes from the Dockerfile. */
const BUILDAH_LEAVES: readonly RegExp[] = [
  // Mount points of the files that it injects into RUN.
  /^(etc\/(hosts|resolv\.conf|hostname)|run\/\.containerenv|proc|sys|dev)$/,
];

const missing =
  basekitMissing ?? (isRoot && hasProgram("buildah") && hasProgram("runc") ? undefined : "needs root, buildah, runc");
const why = missing === undefined ? "" : ` (${missing})`;

describe.skipIf(missing !== undefined)(`the same image as buildah's${why}`, () => {
  let basekit: Basekit;
  let bench: Workbench;

  beforeAll(async () => {
    basekit = await serveBasekit(["debian", "golang:1.21", "alpine", "nginx", "node:20", "python"]);
    bench = await openWorkbench({ TSBUILD_REGISTRY_MIRROR: `http://${basekit.registry}` });
  }, LONG);

  afterAll(async () => {
    await bench?.close();
    await basekit?.close();
  }, LONG);

  for (const sample of SAMPLES)
    test(
      sample,
      async () => {
        const ours = await buildOurs(bench, sample);
        const theirs = await buildTheirs(bench, basekit, sample);
        expect(common(essentials(ours.image.config.config))).toEqual(common(essentials(theirs.image.config.config)));
        const differences = compareFacts(ours.facts, theirs.facts, VOLATILE);
        expect(
          differences.filter((line) => !BUILDAH_LEAVES.some((leave) => leave.test(line.split(":")[0] ?? ""))),
        ).toEqual([]);
      },
      LONG,
    );
});

interface Built {
  readonly image: Image;
  readonly facts: Map<string, FileFacts>;
}

async function buildOurs(bench: Workbench, sample: string): Promise<Built> {
  await bench.ok(["build", "-q", "--network", "host", "-t", sample, join(basekitSamples, sample)]);
  const folder = join(bench.folder, `ours-${sample}`);
  await bench.ok(["copy", `store:${sample}`, `oci:${folder}:${sample}`]);
  return readBuilt(bench, sample, await openLayout(folder), sample);
}

async function buildTheirs(bench: Workbench, basekit: Basekit, sample: string): Promise<Built> {
  const storage = ["--root", join(bench.folder, "buildah"), "--runroot", join(bench.folder, "buildah-run")];
  const options = [...storage, "--registries-conf", basekit.registriesConf];
  const how = ["--format", "docker", "--runtime", "runc", "--network", "host", "--layers=false"];
  await succeed("buildah", [...options, "bud", "-q", ...how, "-t", sample, join(basekitSamples, sample)]);
  const archive = join(bench.folder, `theirs-${sample}.tar`);
  await succeed("buildah", [...options, "push", "-q", sample, `docker-archive:${archive}:${sample}:latest`]);
  const source = await openArchive(archive);
  try {
    const [name = ""] = await source.names();
    return await readBuilt(bench, sample, source, name);
  } finally {
    await source.close();
  }
}

async function readBuilt(
  bench: Workbench,
  sample: string,
  source: Parameters<typeof copyImage>[0],
  name: string,
): Promise<Built> {
  const store = await openStore(join(bench.folder, "compare"));
  try {
    const descriptor = await copyImage(source, store, name, { as: `docker.io/compare/${sample}:latest` });
    const image = await readImage(store, descriptor);
    return { image, facts: await readFacts(store, image) };
  } finally {
    await store.close();
  }
}

/** The config without what only one of the two writes: buildah its label and a host name, tsbuild (as BuildKit) ArgsEscaped. */
function common(config: Record<string, unknown>): Record<string, unknown> {
  const { Hostname: _hostname, ArgsEscaped: _argsEscaped, Labels, ...rest } = config;
  const { "io.buildah.version": _version, ...labels } = (Labels ?? {}) as Record<string, string>;
  return { ...rest, Labels: labels };
}
