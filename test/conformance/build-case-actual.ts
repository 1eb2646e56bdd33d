import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { runInImage } from "@tsbuild/builder";
import {
  type Descriptor,
  isIndexType,
  type Layer,
  openArchive,
  openTree,
  readAll,
  readImage,
  readTar,
} from "@tsbuild/oci";
import type { Actual } from "./build-case-format.ts";
import type { Outcome } from "./build-case-run.ts";
import { renderTemplate, select } from "./build-case-template.ts";
import type { World } from "./build-case-world.ts";

/** What an assertion looks at, as it really is; undefined: not there. */
export async function actualOf(world: World, outcome: Outcome, actual: Actual): Promise<unknown> {
  const path = join(outcome.folder, "files", actual.path ?? "");
  switch (actual.kind) {
    case "build_log":
      return outcome.log;
    case "file":
      return ignoreMissing(() => readFileSync(path, "utf8"));
    case "path":
      return ignoreMissing(() => statOf(path));
    case "stat":
      return select(statOf(path), actual.select ?? []);
    case "symlink_target":
      return readlinkSync(path);
    case "tree":
      return namesBelow(join(outcome.folder, "files"));
    case "image_config":
      return select(await configOf(world, outcome, actual), actual.select ?? []);
    case "images":
      return select({ Images: await manifestsOf(world, outcome) }, actual.select ?? []);
    case "inspect":
      return inspect(world, outcome, actual.format ?? "");
    case "manifest":
      return actual.select?.includes(REWRITTEN)
        ? rewrittenTime(world, outcome, actual.select[1])
        : select(await manifestOf(outcome, actual), actual.select ?? []);
    case "layers":
      return select(await manifestOf(outcome, actual), ["layers"]);
    case "index":
      return select(await exportedIndex(outcome), actual.select ?? []);
    case "tar_member":
      return tarMember(outcome, actual);
    case "run":
      return run(world, outcome, actual.command ?? []);
  }
  throw new Error(`an assertion about something unknown: ${actual.kind}`);
}

/** The paths below a folder; links are not followed. */
function namesBelow(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name))).sort();
}

function ignoreMissing<Found>(read: () => Found): Found | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function statOf(path: string): Record<string, unknown> {
  const link = lstatSync(path);
  const stat = link.isSymbolicLink() ? (statSync(path, { throwIfNoEntry: false }) ?? link) : link;
  return {
    perm: stat.mode & 0o777,
    mode: stat.mode & 0o7777,
    is_dir: stat.isDirectory(),
    is_symlink: link.isSymbolicLink(),
    ...{ size: stat.size, uid: stat.uid, gid: stat.gid, mtime: Math.floor(stat.mtimeMs / 1000) },
  };
}

type Json = Record<string, unknown>;

/** The manifests of what was built: one, or those of the index's platforms. */
async function manifestsOf({ store }: World, { result }: Outcome): Promise<readonly Descriptor[]> {
  const image = result?.image;
  if (image === undefined || !isIndexType(image.mediaType)) return image === undefined ? [] : [image];
  const { manifests } = JSON.parse(
    Buffer.from(await readAll(await store.fetch(image), { limit: 4 << 20 })).toString(),
  ) as {
    manifests: Descriptor[];
  };
  return manifests;
}

async function configOf(
  world: World,
  outcome: Outcome,
  { manifest_index, image_index, platform }: Actual,
): Promise<unknown> {
  if (outcome.result === undefined) return undefined;
  const { store } = world;
  if (platform !== undefined) {
    const [os = "", architecture = ""] = platform.split("/");
    return (await readImage(store, outcome.result.image, { platform: { os, architecture } })).config;
  }
  const chosen = (await manifestsOf(world, outcome)).at(manifest_index ?? image_index ?? 0);
  return (await readImage(store, chosen as Descriptor)).config;
}

async function inspect(world: World, outcome: Outcome, format: string): Promise<string> {
  if (outcome.result === undefined) return "";
  const { config, manifest } = await readImage(world.store, outcome.result.image);
  const { annotations = {} } = manifest;
  return renderTemplate(format, { Docker: config, OCIv1: config, ImageAnnotations: annotations });
}

/** The index of the exported archive, or the one that it names where that is one of several platforms. */
async function exportedIndex({ folder }: Outcome): Promise<Json> {
  const top = await memberJson(join(folder, "image.tar"), "index.json");
  const [only, ...others] = (top.manifests ?? []) as { digest: string; mediaType: string }[];
  if (only === undefined || others.length > 0 || !isIndexType(only.mediaType)) return top;
  return memberJson(join(folder, "image.tar"), blobName(only.digest));
}

async function manifestOf(outcome: Outcome, { manifest_index = 0 }: Actual): Promise<unknown> {
  const { manifests } = (await exportedIndex(outcome)) as { manifests: { digest: string }[] };
  const chosen = manifests.at(manifest_index);
  return chosen === undefined ? undefined : memberJson(join(outcome.folder, "image.tar"), blobName(chosen.digest));
}

function blobName(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

async function memberJson(archive: string, name: string): Promise<Json> {
  // The archive must be one that our own reader takes, too.
  await (await openArchive(archive)).close();
  const found = await findMember(archive, name);
  if (found === undefined) throw new Error(`${archive} has no ${name}`);
  return JSON.parse(Buffer.from(found.Data, "latin1").toString("utf8")) as Json;
}

/** BuildKit's note on a layer whose times it has clamped. */
const REWRITTEN = "buildkit/rewritten-timestamp";

/** What the note says: the build's epoch, where no time in the layer is later. Without an epoch there is none. */
async function rewrittenTime(
  { store }: World,
  { result }: Outcome,
  index: string | number | undefined,
): Promise<string | undefined> {
  if (result === undefined) return undefined;
  const { config, layers } = await readImage(store, result.image);
  const layer = select(layers, [index ?? 0]) as Layer | undefined;
  const epoch = Date.parse(config.created ?? "") / 1000;
  if (layer === undefined || epoch === 0) return undefined;
  const times = [...openTree(store, [layer]).walk("")].map(({ mtime }) => mtime);
  return Math.max(...times) <= epoch ? String(epoch) : undefined;
}

/** A member as Go's archive/tar shows it: folders end with a slash. */
interface Member {
  readonly Data: string;
  readonly Header: Json;
}

async function findMember(archive: string, name: string): Promise<Member | undefined> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield readFileSync(archive);
  }
  for await (const { entry, body } of readTar(bytes())) {
    if (entry.path !== name.replace(/\/$/, "")) continue;
    if (name.endsWith("/") && entry.type !== "directory") continue;
    const data = await readAll(body, { limit: 64 << 20 });
    const { uid, gid, mode, mtime, linkName = "" } = entry;
    const header = {
      Uid: uid,
      Gid: gid,
      Mode: mode,
      Name: name,
      Size: data.length,
      ModTime: mtime,
      Linkname: linkName,
    };
    return { Data: Buffer.from(data).toString("latin1"), Header: header };
  }
  return undefined;
}

async function tarMember({ folder }: Outcome, { select: path = [] }: Actual): Promise<unknown> {
  const [name = "", ...rest] = path;
  const archive = ["files.tar", "image.tar"]
    .map((file) => join(folder, file))
    .find((file) => ignoreMissing(() => statSync(file)));
  const member = archive === undefined ? undefined : await findMember(archive, String(name));
  return select(member, rest);
}

/** What a command prints in a container of the image. */
async function run(world: World, { result }: Outcome, args: readonly string[]): Promise<string | undefined> {
  if (result === undefined) return undefined;
  const { store } = world;
  const image = await readImage(store, result.image);
  const execution = await runInImage({ store, runtime: await world.runtime(), image }, { args });
  const drain = async (stream: AsyncIterable<Uint8Array>): Promise<string> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  const [stdout, , { exitCode }] = await Promise.all([
    drain(execution.stdout),
    drain(execution.stderr),
    execution.exited,
  ]);
  return exitCode === 0 ? stdout.trim() : undefined;
}
