import { resolve } from "node:path";
import { createImageSource } from "@tsbuild/builder";
import {
  type AbortOptions,
  copyImage,
  type Descriptor,
  familiarName,
  type ImageSource,
  isDigest,
  openArchive,
  openLayout,
  parseReference,
  readImage,
  TsbuildError,
  withDefaultTag,
  writeDockerArchive,
  writeOciArchive,
} from "@tsbuild/oci";
import type { Command } from "commander";
import { acceptSilently } from "../arguments/accepted.ts";
import type { Context } from "../context.ts";
import { type Endpoint, parseEndpoint } from "../endpoint.ts";
import { withTransfers } from "../progress/transfers.ts";
import { type Session, withSession } from "../session.ts";

import { storeName } from "../stored-image.ts";
import { pushImage } from "./push.ts";

interface Options {
  readonly platform?: string;
  readonly quiet?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .argument(
      "<source>",
      "docker://REFERENCE, oci:FOLDER[:NAME], oci-archive:FILE[:NAME], docker-archive:FILE[:NAME], store:NAME",
    )
    .argument("<destination>", "the same")
    .option("--platform <platform>", "one image of several platforms (default: all)")
    .option("-q, --quiet", "print the digest alone")
    .action((source: string, destination: string, options: Options) =>
      withSession(context, async (session) => {
        const from = await openSource(session, context, parseEndpoint(source));
        try {
          context.print(await copy({ context, session, from, options }, parseEndpoint(destination)));
        } finally {
          await from.close();
        }
      }),
    );
  acceptSilently(command, ["-a, --all"]);
}

/** An image at the place that it is copied from. */
interface Source {
  readonly endpoint: Endpoint;
  readonly content: ImageSource;
  readonly name: string;
  close(): Promise<void>;
}

interface Copy {
  readonly context: Context;
  readonly session: Session;
  readonly from: Source;
  readonly options: Options;
}

async function openSource(session: Session, { terminal, signal }: Context, endpoint: Endpoint): Promise<Source> {
  const close = async (): Promise<void> => undefined;
  switch (endpoint.kind) {
    case "registry": {
      const { digest, tag = "latest" } = withDefaultTag(parseReference(endpoint.reference));
      return { endpoint, content: session.registry.repository(endpoint.reference), name: digest ?? tag, close };
    }
    case "store":
      return { endpoint, content: createImageSource(session.store, session.registry), name: endpoint.name, close };
    case "layout": {
      const layout = await openLayout(resolve(terminal.cwd, endpoint.path), { create: false });
      return { endpoint, content: layout, name: endpoint.name ?? onlyName(await layout.names(), endpoint), close };
    }
    default: {
      const archive = await openArchive(resolve(terminal.cwd, endpoint.path), { signal });
      const name = endpoint.name ?? onlyName((await archive.images()).map(nameOrDigest), endpoint);
      return { endpoint, content: archive, name, close: () => archive.close() };
    }
  }
}

function nameOrDigest({ name, descriptor }: { readonly name?: string; readonly descriptor: Descriptor }): string {
  return name ?? descriptor.digest;
}

function onlyName(names: readonly string[], { kind, path }: { readonly kind: string; readonly path: string }): string {
  const [first, ...others] = names;
  if (first !== undefined && others.length === 0) return first;
  const message = first === undefined ? `${path} holds no image` : `${path} holds ${names.length} images`;
  throw new TsbuildError(
    "NAME_NEEDED",
    message,
    first === undefined ? {} : { hint: `name one: ${kind}:${path}:${first}` },
  );
}

/** Copies and returns the digest of what is at the destination then. */
async function copy(copying: Copy, to: Endpoint): Promise<string> {
  const { session, context } = copying;
  switch (to.kind) {
    case "store":
      return copyTo(copying, session.store, storeName(to.name));
    case "layout": {
      const layout = await openLayout(resolve(context.terminal.cwd, to.path), { create: true });
      return copyTo(copying, layout, to.name ?? "latest");
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
  as: string,
): Promise<string> {
  const { signal } = context;
  const platforms = options.platform === undefined ? {} : { platforms: [options.platform] };
  const copied = await withTransfers(context, { quiet: options.quiet ?? false }, (onEvent) =>
    copyImage(from.content, target, from.name, { as, signal, onEvent, ...platforms }),
  );
  return copied.digest;
}

/** Layers that are not packed yet are packed on the way: what comes from an archive goes through the store. */
async function copyToRegistry(copying: Copy, reference: string): Promise<string> {
  const { context, session, from, options } = copying;
  const full = storeName(reference);
  const { kind } = from.endpoint;
  if (kind === "registry") {
    const { digest, tag = "latest" } = parseReference(full);
    return copyTo(copying, session.registry.repository(full), digest ?? tag);
  }
  const name = kind === "store" && options.platform === undefined ? from.name : await bringIn(copying);
  return pushImage(context, session, { name, reference: full, ...options });
}

/** Copies into the store without a name. */
async function bringIn({ session, from, options, context }: Copy): Promise<string> {
  const { signal } = context;
  const image = await pickImage(from, { signal, ...options });
  const copied = await copyImage(from.content, session.store, image.digest, { signal });
  return copied.digest;
}

async function copyToArchive(
  { context, from, options }: Copy,
  to: Extract<Endpoint, { kind: "oci-archive" | "docker-archive" }>,
): Promise<string> {
  const { signal, terminal } = context;
  const image = await pickImage(from, { signal, ...options });
  const file = resolve(terminal.cwd, to.path);
  const name = to.name ?? nameOf(from);
  const images = [{ descriptor: image, ...(name === undefined ? {} : { name }) }];
  const write = to.kind === "oci-archive" ? writeOciArchive : writeDockerArchive;
  await write(from.content, images, file, { signal });
  return image.digest;
}

/** What the source calls the image; undefined where it is only known by digest or id. */
function nameOf({ endpoint, name }: Source): string | undefined {
  if (endpoint.kind === "registry") return familiarName(parseReference(storeName(endpoint.reference)));
  return isDigest(name) || /^[0-9a-f]{6,64}$/.test(name) ? undefined : name;
}

/** One image of one platform: all that an archive of Docker's can hold. */
async function pickImage(
  { content, name }: Source,
  { signal, platform }: AbortOptions & { readonly platform?: string },
): Promise<Descriptor> {
  const image = await readImage(content, name, { signal, ...(platform === undefined ? {} : { platform }) });
  return image.descriptor;
}
