import { resolve } from "node:path";
import {
  type AbortOptions,
  type ContentSource,
  type ContentStore,
  copyContent,
  copyImage,
  createMemoryStore,
  type Descriptor,
  familiarName,
  hasChildren,
  isDigest,
  type ManifestFormat,
  openLayout,
  parseReference,
  readImage,
  writeDockerArchive,
  writeOciArchive,
} from "@tsbuild/oci";
import type { Command } from "commander";
import { acceptSilently } from "../arguments/accepted.ts";
import { collect } from "../arguments/fields.ts";
import type { Context } from "../context.ts";
import { type Endpoint, parseEndpoint } from "../endpoint.ts";
import { type SourcePlace, withSourcePlace } from "../place.ts";
import { withTransfers } from "../progress/transfers.ts";
import { type Session, withSession } from "../session.ts";
import { storeName } from "../stored-image.ts";
import { usageError } from "../usage-error.ts";
import { pushImage } from "./push.ts";

interface Options {
  readonly platform?: readonly string[];
  readonly format?: string;
  readonly referrers?: boolean;
  readonly quiet?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .argument(
      "<source>",
      "docker://REFERENCE, oci:FOLDER[:NAME], oci-archive:FILE[:NAME], docker-archive:FILE[:NAME], store:NAME",
    )
    .argument("<destination>", "the same")
    .option("--platform <platform>", "this platform only; repeatable (default: all)", collect)
    .option("--format <format>", "oci or docker: what manifests are written as (default: as they are; a layout is OCI)")
    .option("--referrers", "also what refers to the image: signatures, SBOMs and the like")
    .option("-q, --quiet", "print the digest alone")
    .action((source: string, destination: string, options: Options) =>
      withSession(context, (session) =>
        withSourcePlace(session, context, source, async (from) => {
          context.print(await copy({ context, session, from, options }, parseEndpoint(destination)));
        }),
      ),
    );
  acceptSilently(command, ["-a, --all"]);
}

interface Copy {
  readonly context: Context;
  readonly session: Session;
  readonly from: SourcePlace;
  readonly options: Options;
}

/** Copies and returns the digest of what is at the destination then. */
async function copy(copying: Copy, to: Endpoint): Promise<string> {
  const { session, context } = copying;
  switch (to.kind) {
    case "store":
      return copyTo(copying, session.store, { as: storeName(to.name) });
    case "layout": {
      const layout = await openLayout(resolve(context.terminal.cwd, to.path), { create: true });
      // In a layout, other readers expect OCI's media types only.
      return copyTo(copying, layout, { as: to.name ?? "latest", format: "oci" });
    }
    case "registry":
      return copyToRegistry(copying, to.reference);
    default:
      return copyToArchive(copying, to);
  }
}

async function copyTo(
  { context, from, options }: Copy,
  target: Parameters<typeof copyImage>[1],
  { as, format: usual }: { readonly as: string; readonly format?: ManifestFormat },
): Promise<string> {
  const { signal } = context;
  const format = parseFormat(options.format) ?? usual;
  const { referrers = false, platform: platforms } = options;
  const more = { referrers, ...(platforms && { platforms }), ...(format && { format }) };
  const copied = await withTransfers(context, { quiet: options.quiet ?? false }, (onEvent) =>
    copyImage(from.content, target, from.name, { as, signal, onEvent, ...more }),
  );
  return copied.digest;
}

/** Layers that are not packed yet are packed on the way: what comes from an archive goes through the store. */
async function copyToRegistry(copying: Copy, reference: string): Promise<string> {
  const { context, session, from, options } = copying;
  const full = storeName(reference);
  const { kind } = from.endpoint;
  // Platforms, formats and referrers are for places whose layers are packed as they shall be.
  const asIs = options.referrers === true || options.format !== undefined || (options.platform?.length ?? 0) > 1;
  if (kind === "registry" || kind === "layout" || kind === "oci-archive" || asIs) {
    const { digest, tag = "latest" } = parseReference(full);
    return copyTo(copying, session.registry.repository(full), { as: digest ?? tag });
  }
  const name = kind === "store" && options.platform === undefined ? from.name : await bringIn(copying);
  return pushImage(context, session, { name, reference: full, quiet: options.quiet ?? false });
}

/** Copies into the store without a name. */
async function bringIn({ session, from, options, context }: Copy): Promise<string> {
  const { signal } = context;
  const image = await pickImage(from, { signal, platform: options.platform?.[0] });
  const copied = await copyImage(from.content, session.store, image.digest, { signal });
  return copied.digest;
}

/** An OCI archive holds all platforms, one of Docker's a single image. */
async function copyToArchive(
  { context, from, options }: Copy,
  to: Extract<Endpoint, { kind: "oci-archive" | "docker-archive" }>,
): Promise<string> {
  const { signal, terminal } = context;
  const file = resolve(terminal.cwd, to.path);
  const name = to.name ?? nameOf(from);
  const named = name === undefined ? {} : { name };
  if (to.kind === "docker-archive") {
    const descriptor = await pickImage(from, { signal, platform: options.platform?.[0] });
    await writeDockerArchive(from.content, [{ descriptor, ...named }], file, { signal });
    return descriptor.digest;
  }
  // Only manifests are kept in memory, as OCI has them; layers stream from where they are.
  const manifests = withManifestsInMemory(from.content);
  const root = await from.content.resolve(from.name, { signal });
  const copied = await copyContent(from.content, manifests, root, {
    format: parseFormat(options.format) ?? "oci",
    signal,
    ...(options.platform === undefined ? {} : { platforms: options.platform }),
  });
  await writeOciArchive(manifests, [{ descriptor: copied, ...named }], file, { signal });
  return copied.digest;
}

function withManifestsInMemory(source: ContentSource): ContentStore {
  const memory = createMemoryStore();
  return {
    fetch: async (target, options) => ((await memory.exists(target)) ? memory : source).fetch(target, options),
    // Whatever is no manifest is said to be there: it is fetched when it is written.
    exists: async (target) => !hasChildren(target) || memory.exists(target),
    push: (...parameters) => memory.push(...parameters),
  };
}

/** What the source calls the image; undefined where it is only known by digest or id. */
function nameOf({ endpoint, name }: SourcePlace): string | undefined {
  if (endpoint.kind === "registry") return familiarName(parseReference(storeName(endpoint.reference)));
  return isDigest(name) || /^[0-9a-f]{6,64}$/.test(name) ? undefined : name;
}

/** One image of one platform: all that an archive of Docker's can hold. */
async function pickImage(
  { content, name }: SourcePlace,
  { signal, platform }: AbortOptions & { readonly platform: string | undefined },
): Promise<Descriptor> {
  const image = await readImage(content, name, { signal, ...(platform === undefined ? {} : { platform }) });
  return image.descriptor;
}

function parseFormat(text: string | undefined): ManifestFormat | undefined {
  if (text === undefined || text === "oci" || text === "docker") return text;
  throw usageError(`--format ${text}: neither oci nor docker`);
}
