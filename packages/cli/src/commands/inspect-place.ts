import {
  type Descriptor,
  formatPlatform,
  type GraphNode,
  type Image,
  readImage,
  readNode,
  TsbuildError,
} from "@tsbuild/oci";
import type { Context } from "../context.ts";
import { type SourcePlace, withSourcePlace } from "../place.ts";
import { withSession } from "../session.ts";
import { renderTemplate } from "../text/template.ts";

/** What of an image outside the store is printed. */
export interface InspectPlaceOptions {
  /** The manifest or index, byte for byte. */
  readonly raw?: boolean;
  /** The config of one platform's image. */
  readonly config?: boolean;
  /** The manifest of one platform's image. */
  readonly manifest?: boolean;
  readonly platform?: string;
  /** `json`, or a template over what is printed else. */
  readonly format?: string;
}

/** Tells whether `text` names a place (`docker://...`, `oci:...`) and not an image of the store. */
export function isPlace(text: string): boolean {
  return /^(?:docker:\/\/|oci:|oci-archive:|docker-archive:)/.test(text);
}

/** Prints what is known about an image in a registry, a layout or an archive, without fetching its layers. */
export function inspectPlace(context: Context, text: string, options: InspectPlaceOptions): Promise<void> {
  return withSession(context, (session) =>
    withSourcePlace(session, context, text, async (place) => {
      const { content, name } = place;
      const { signal } = context;
      const root = await content.resolve(name, { signal });
      const node = await readNode(content, root, { signal });
      if (options.raw === true) {
        const one = options.platform === undefined ? node : await nodeFor(place, root, options, signal);
        context.terminal.stdout.write(one.content);
        return;
      }
      const value = await describePlace(place, node, options, signal);
      const { format } = options;
      if (format === undefined) context.print(JSON.stringify(value, null, 2));
      else context.print(format === "json" ? JSON.stringify(value) : renderTemplate(format, value));
    }),
  );
}

async function describePlace(
  place: SourcePlace,
  node: GraphNode,
  options: InspectPlaceOptions,
  signal: AbortSignal,
): Promise<unknown> {
  if (options.manifest === true) return (await nodeFor(place, node.descriptor, options, signal)).manifest;
  const platform = options.platform === undefined ? {} : { platform: options.platform };
  try {
    const image = await readImage(place.content, node.descriptor, { ...platform, signal });
    return options.config === true ? image.config : description(place, node, image);
  } catch (error) {
    // An artifact, or an index without this machine's platform: what there is to say of it is its manifest.
    const known = TsbuildError.is(error, "IMAGE_INVALID") || TsbuildError.is(error, "PLATFORM_NOT_FOUND");
    if (!known || options.config === true || options.platform !== undefined) throw error;
    return { Name: nameOf(place), Digest: node.descriptor.digest, ...(node.manifest ?? node.index) };
  }
}

async function nodeFor(
  { content }: SourcePlace,
  root: Descriptor,
  { platform }: InspectPlaceOptions,
  signal: AbortSignal,
): Promise<GraphNode> {
  const wanted = platform === undefined ? {} : { platform };
  const { descriptor } = await readImage(content, root, { ...wanted, signal });
  return readNode(content, descriptor, { signal });
}

function description(place: SourcePlace, { descriptor, index }: GraphNode, image: Image): Record<string, unknown> {
  const { config, manifest } = image;
  return {
    Name: nameOf(place),
    Digest: descriptor.digest,
    MediaType: descriptor.mediaType,
    ...(index === undefined ? {} : { Platforms: index.manifests.map(platformOf) }),
    Platform: formatPlatform(image.platform),
    ManifestDigest: image.descriptor.digest,
    Created: config.created ?? "",
    Author: config.author ?? "",
    Config: config.config ?? {},
    Annotations: manifest.annotations ?? {},
    Layers: manifest.layers.map(({ digest, mediaType, size }) => ({
      Digest: digest,
      MediaType: mediaType,
      Size: size,
    })),
    Size: manifest.layers.reduce((sum, { size }) => sum + size, 0),
  };
}

function platformOf({ platform, digest }: Descriptor): string {
  return platform === undefined ? digest : formatPlatform(platform);
}

function nameOf({ endpoint, name }: SourcePlace): string {
  return "reference" in endpoint ? endpoint.reference : name;
}
