import { resolve } from "node:path";
import {
  type Descriptor,
  type ImageSource,
  type ImageTarget,
  openArchive,
  openLayout,
  parseReference,
  TsbuildError,
  withDefaultTag,
} from "@tsbuild/oci";
import type { Context } from "./context.ts";
import { type Endpoint, parseEndpoint } from "./endpoint.ts";
import type { Session } from "./session.ts";
import { storeName } from "./stored-image.ts";
import { usageError } from "./usage-error.ts";

/** An image at the place that it is read from. */
export interface SourcePlace {
  readonly endpoint: Endpoint;
  readonly content: ImageSource;
  /** What `content` resolves. */
  readonly name: string;
  close(): Promise<void>;
}

/** A place that images are written to, and the name that one shall have there. */
export interface TargetPlace {
  readonly endpoint: Endpoint;
  readonly content: ImageTarget;
  readonly name: string;
}

/**
 * Opens the place that `text` names for reading.
 * @throws TsbuildError USAGE, NAME_NEEDED, and those of opening it
 */
export async function openSourcePlace(session: Session, context: Context, text: string): Promise<SourcePlace> {
  const endpoint = parseEndpoint(text);
  const close = async (): Promise<void> => undefined;
  switch (endpoint.kind) {
    case "registry": {
      const { digest, tag = "latest" } = withDefaultTag(parseReference(endpoint.reference));
      return { endpoint, content: session.registry.repository(endpoint.reference), name: digest ?? tag, close };
    }
    case "store": {
      // Loaded here: other places need none of the builder.
      const { createImageSource } = await import("@tsbuild/builder");
      return { endpoint, content: createImageSource(session.store, session.registry), name: endpoint.name, close };
    }
    case "layout": {
      const layout = await openLayout(resolve(context.terminal.cwd, endpoint.path), { create: false });
      return { endpoint, content: layout, name: endpoint.name ?? onlyName(await layout.names(), endpoint), close };
    }
    default: {
      const archive = await openArchive(resolve(context.terminal.cwd, endpoint.path), { signal: context.signal });
      const name = endpoint.name ?? onlyName((await archive.images()).map(nameOrDigest), endpoint);
      return { endpoint, content: archive, name, close: () => archive.close() };
    }
  }
}

/** Opens a place for reading, and closes it at the end, whatever happens. */
export async function withSourcePlace<T>(
  session: Session,
  context: Context,
  text: string,
  use: (place: SourcePlace) => Promise<T>,
): Promise<T> {
  const place = await openSourcePlace(session, context, text);
  try {
    return await use(place);
  } finally {
    await place.close();
  }
}

/**
 * Opens the place that `text` names for writing: a registry, a layout or the store. Archives are written as a whole.
 * @throws TsbuildError USAGE
 */
export async function openTargetPlace(session: Session, context: Context, text: string): Promise<TargetPlace> {
  const endpoint = parseEndpoint(text);
  switch (endpoint.kind) {
    case "registry": {
      const { digest, tag = "latest" } = withDefaultTag(parseReference(endpoint.reference));
      return { endpoint, content: session.registry.repository(endpoint.reference), name: digest ?? tag };
    }
    case "store":
      return { endpoint, content: session.store, name: storeName(endpoint.name) };
    case "layout": {
      const layout = await openLayout(resolve(context.terminal.cwd, endpoint.path), { create: true });
      return { endpoint, content: layout, name: endpoint.name ?? "latest" };
    }
    default:
      throw usageError(`${text}: an archive is written as a whole`, {
        hint: "write to a layout (oci:FOLDER) and copy that",
      });
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
    first === undefined ? {} : { hint: `name one: ${kind === "layout" ? "oci" : kind}:${path}:${first}` },
  );
}
