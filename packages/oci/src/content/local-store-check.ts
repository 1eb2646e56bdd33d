import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import type { AbortOptions } from "../bytes.ts";
import type { Descriptor } from "../descriptor.ts";
import { type Digest, digestAlgorithm, digestHex, isDigest } from "../digest.ts";
import { TsbuildError } from "../error.ts";
import { errorCode } from "../file.ts";
import { streamFile } from "../layer/stream-range.ts";
import type { Manifest } from "../manifest.ts";
import type { BlobFiles } from "./blob-files.ts";
import { listBlobs, listFiles } from "./blob-list.ts";
import { walkGraph } from "./graph.ts";
import type { StoreProblem } from "./local-store.ts";
import { diffIdsOf } from "./local-store-collect.ts";
import { readNames } from "./name-file.ts";
import type { SourceNotes } from "./sources.ts";

/** What {@link checkStore} looks at. */
export interface CheckContext {
  readonly root: string;
  readonly blobs: BlobFiles;
  readonly notes: SourceNotes;
  readonly namesPath: string;
}

/** Reads every blob, record and name of a store and yields what is wrong. */
export async function* checkStore(
  context: CheckContext,
  options: AbortOptions,
): AsyncGenerator<StoreProblem, void, undefined> {
  yield* checkBlobs(context.root, options);
  yield* checkSources(context);
  yield* checkNames(context, options);
  for (const path of context.blobs.leftBehind())
    yield { kind: "ingest", subject: path, message: "half-written file of a process that has ended" };
}

async function* checkBlobs(root: string, { signal }: AbortOptions): AsyncGenerator<StoreProblem, void, undefined> {
  for (const { path, digest } of listBlobs(root)) {
    signal?.throwIfAborted();
    if (digest === undefined) {
      yield { kind: "blob", subject: path, message: "the file's name is not a digest" };
      continue;
    }
    const found = await fileDigest(path, digest);
    if (found !== undefined && found !== digestHex(digest))
      yield { kind: "blob", subject: digest, message: `the content is damaged: its digest is ${found}` };
  }
}

async function fileDigest(path: string, digest: Digest): Promise<string | undefined> {
  const hash = createHash(digestAlgorithm(digest));
  try {
    for await (const chunk of streamFile(path)) hash.update(chunk);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  return hash.digest("hex");
}

function* checkSources({ root, notes }: CheckContext): Generator<StoreProblem, void, undefined> {
  for (const path of listFiles(join(root, "sources"))) {
    const digest = `sha256:${basename(path, ".json")}`;
    if (isDigest(digest)) yield* problemIn("source", path, () => notes.read(digest));
    else yield { kind: "source", subject: path, message: "the file's name is not a digest" };
  }
}

async function* checkNames(
  context: CheckContext,
  options: AbortOptions,
): AsyncGenerator<StoreProblem, void, undefined> {
  const damage = problemIn("name", context.namesPath, () => readNames(context.namesPath));
  yield* damage;
  if (damage.length > 0) return;
  for (const [name, descriptor] of Object.entries(readNames(context.namesPath))) {
    options.signal?.throwIfAborted();
    for (const message of await problemsOfImage(context, descriptor, options))
      yield { kind: "name", subject: name, message };
  }
}

async function problemsOfImage(context: CheckContext, root: Descriptor, options: AbortOptions): Promise<string[]> {
  const problems: string[] = [];
  const onMissing = ({ digest }: Descriptor): void => {
    // Of an index, some platforms may never have been asked for.
    if (digest === root.digest) problems.push(`its manifest ${digest} is missing`);
  };
  try {
    for await (const node of walkGraph(context.blobs, root, { ...options, onMissing })) {
      if (node.manifest !== undefined) problems.push(...(await missingParts(context, node.manifest, options)));
    }
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    problems.push(error.message);
  }
  return problems;
}

// A layer is not missing where somebody else is known to have it, or where its plain form is here.
async function missingParts(
  { blobs, notes }: CheckContext,
  { config, layers }: Manifest,
  options: AbortOptions,
): Promise<string[]> {
  const isHad = (digest: Digest | undefined): boolean =>
    digest !== undefined && (blobs.has(digest) || notes.read(digest).length > 0);
  const diffIds = await diffIdsOf(blobs, config, options);
  const missing = layers.filter(({ digest }, at) => !isHad(digest) && !isHad(diffIds[at]));
  return [
    ...(isHad(config.digest) ? [] : [`its config ${config.digest} is missing`]),
    ...missing.map(({ digest }) => `its layer ${digest} is missing, and no repository is known to have it`),
  ];
}

function problemIn(kind: string, subject: string, read: () => unknown): readonly StoreProblem[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    return [{ kind, subject, message: error.message }];
  }
}
