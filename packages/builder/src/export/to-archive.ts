import {
  type ArchiveImage,
  formatReference,
  parseReference,
  withDefaultTag,
  writeDockerArchive,
  writeOciArchive,
} from "@tsbuild/oci";
import { createImageSource } from "../image-source.ts";
import { type ExportOutput, outputTitle, sinkOf } from "./export-output.ts";
import type { Exporter } from "./exporter.ts";
import { type Packing, packImage } from "./pack-image.ts";

/**
 * Writes an OCI layout in a tar, with an entry for each of `names`, by default the image's tags. As in BuildKit's, an
 * entry has the full name for containerd, and for everyone else the tag.
 */
export function toOciArchive(
  output: ExportOutput,
  names?: string | readonly string[],
  packing: Packing = {},
): Exporter {
  return {
    name: `oci archive${outputTitle(output)}`,
    async export({ image, store, registry, tags, signal }) {
      const source = createImageSource(store, registry);
      const descriptor = await packImage(store, image, { ...packing, source, signal });
      const images = named(descriptor, names ?? tags).map(annotated);
      await writeOciArchive(source, images, sinkOf(output), { signal });
    },
  };
}

/** Writes what `docker load` reads, under `names`, by default the image's tags. Without `packing` layers are as in the store. */
export function toDockerArchive(
  output: ExportOutput,
  names?: string | readonly string[],
  packing: Packing = { compression: "none" },
): Exporter {
  return {
    name: `docker archive${outputTitle(output)}`,
    async export({ image, store, registry, tags, signal }) {
      const source = createImageSource(store, registry);
      const descriptor = await packImage(store, image, { ...packing, source, signal });
      await writeDockerArchive(source, named(descriptor, names ?? tags), sinkOf(output), { signal });
    },
  };
}

function annotated({ descriptor, name }: ArchiveImage): ArchiveImage {
  if (name === undefined) return { descriptor };
  const reference = withDefaultTag(parseReference(name));
  const annotations = {
    ...descriptor.annotations,
    "io.containerd.image.name": formatReference(reference),
    ...(reference.tag === undefined ? {} : { "org.opencontainers.image.ref.name": reference.tag }),
  };
  return { descriptor: { ...descriptor, annotations } };
}

function named(descriptor: ArchiveImage["descriptor"], names: string | readonly string[]): readonly ArchiveImage[] {
  const list = typeof names === "string" ? [names] : names;
  return list.length === 0 ? [{ descriptor }] : list.map((name) => ({ descriptor, name }));
}
