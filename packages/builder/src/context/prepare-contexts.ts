import { rmSync } from "node:fs";
import { copyContent, digestHex, digestOf, type LocalStore, openLayout } from "@tsbuild/oci";
import type { DockerfileOptions } from "../builder.ts";
import {
  dockerfileTextOf,
  type FetchEnvironment,
  type FetchedContext,
  fetchContext,
  isElsewhere,
} from "./fetch-context.ts";

/** A request whose contexts are all folders of this machine, or images. */
export interface LocalRequest extends Omit<DockerfileOptions, "context" | "namedContexts"> {
  readonly context?: string;
  readonly namedContexts?: Readonly<Record<string, string>>;
}

export interface PreparedContexts {
  readonly request: LocalRequest;
  /** What was fetched, by name; `context` is the main one. */
  readonly fetched: ReadonlyMap<string, FetchedContext>;
  /** Removes what was fetched. */
  close(): Promise<void>;
}

const LAYOUT_SCHEME = "oci-layout://";

/** Brings the contexts of a request to this machine, all at a time. */
export async function prepareContexts(env: FetchEnvironment, request: DockerfileOptions): Promise<PreparedContexts> {
  const { signal } = request;
  const keepGitDir = request.buildArgs?.BUILDKIT_CONTEXT_KEEP_GIT_DIR === "1";
  const fetched = new Map<string, FetchedContext>();
  const folders: string[] = [];
  const tags: string[] = [];
  const close = async (): Promise<void> => {
    for (const folder of folders)
      for (const path of [folder, `${folder}.files`]) rmSync(path, { recursive: true, force: true });
    for (const tag of tags) await env.store.untag(tag);
  };
  const fetchPlace = async (name: string, place: NonNullable<DockerfileOptions["context"]>): Promise<string> => {
    if (typeof place === "string" && place.startsWith(LAYOUT_SCHEME)) {
      const reference = await importLayout(env.store, place.slice(LAYOUT_SCHEME.length), request);
      tags.push(reference);
      return `docker-image://${reference}`;
    }
    if (!isElsewhere(place) && typeof place === "string") return place;
    const folder = env.store.temporaryPath();
    folders.push(folder);
    const context = await fetchContext(env, place, folder, { keepGitDir, ...(signal === undefined ? {} : { signal }) });
    fetched.set(name, context);
    return context.directory;
  };
  try {
    const { context, namedContexts = {}, ...rest } = request;
    const places = await Promise.all([
      ...(context === undefined ? [] : [fetchPlace("context", context)]),
      ...Object.entries(namedContexts).map(async ([name, place]) => [name, await fetchPlace(name, place)] as const),
    ]);
    const named = places.filter((place) => typeof place !== "string");
    const main = places.find((place) => typeof place === "string");
    return {
      request: { ...rest, ...mainContext(main, fetched.get("context")), namedContexts: Object.fromEntries(named) },
      fetched,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** An address that has a Dockerfile in place of an archive is a build without a context. */
function mainContext(
  directory: string | undefined,
  fetched: FetchedContext | undefined,
): Pick<LocalRequest, "context" | "dockerfileText"> {
  const dockerfileText = fetched === undefined ? undefined : dockerfileTextOf(fetched);
  if (dockerfileText !== undefined) return { dockerfileText };
  return directory === undefined ? {} : { context: directory };
}

/** Copies an image of a layout (`path[:tag][@digest]`) to the store and names it there. */
async function importLayout(store: LocalStore, place: string, { signal }: DockerfileOptions): Promise<string> {
  const [, path = place, tag, digest] = /^(.*?)(?::([\w][\w.-]*))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(place) ?? [];
  const layout = await openLayout(path, { create: false });
  const root = await layout.resolve(digest ?? layoutName(await layout.names(), tag), { signal });
  const copied = await copyContent(layout, store, root, { signal });
  const reference = `${LAYOUT_IMAGES}${digestHex(digestOf(place)).slice(0, 32)}:latest`;
  await store.tag(copied, reference, { signal });
  return reference;
}

/** The name that a tag means: the tag itself, or a full name with it. Without a tag it is `latest`, or the only one. */
function layoutName(names: readonly string[], tag: string | undefined): string {
  const wanted = tag ?? "latest";
  const found = names.find((name) => name === wanted) ?? names.find((name) => name.endsWith(`:${wanted}`));
  const [only = wanted] = tag === undefined && names.length === 1 ? names : [];
  return found ?? only;
}

/** Names of images that no registry has. */
export const LAYOUT_IMAGES = "localhost/oci-layout/";
