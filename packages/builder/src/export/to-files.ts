import { rmSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import {
  type Descriptor,
  extractTree,
  formatPlatform,
  isIndexType,
  makePlain,
  openTree,
  parseIndex,
  readAll,
  readImage,
  streamTree,
  type Tree,
  type TreeEntry,
} from "@tsbuild/oci";
import { createImageSource } from "../image-source.ts";
import { type ExportOutput, outputTitle, sinkOf } from "./export-output.ts";
import type { Exporter, ExportRequest } from "./exporter.ts";

/**
 * Writes the image's files into a folder. Owners are kept where the caller is root. Of several platforms each gets a
 * folder of its own in it: `linux_arm64`.
 */
export function toDirectory(directory: string): Exporter {
  return {
    name: `directory ${directory}`,
    async export(request) {
      const owners = process.getuid?.() === 0;
      await extractTree(await treeOf(request), directory, { owners, signal: request.signal });
    },
  };
}

/** Writes the image's files as one tar. Of several platforms each has a folder of its own in it: `linux_arm64`. */
export function toTar(output: ExportOutput): Exporter {
  return {
    name: `tar${outputTitle(output)}`,
    async export(request) {
      const chunks = streamTree(await treeOf(request), { signal: request.signal });
      const sink = sinkOf(output);
      if (typeof sink === "string") await writeFileWhole(sink, chunks);
      else for await (const chunk of chunks) await sink(chunk);
    },
  };
}

async function treeOf(request: ExportRequest): Promise<Pick<Tree, "walk">> {
  const { image, store, signal } = request;
  if (!isIndexType(image.mediaType)) return imageTree(request, image);
  const index = parseIndex(await readAll(await store.fetch(image, { signal }), { limit: 4 << 20, signal }));
  const trees = new Map<string, Tree>();
  for (const manifest of index.manifests)
    if (manifest.platform !== undefined)
      trees.set(formatPlatform(manifest.platform).replaceAll("/", "_"), await imageTree(request, manifest));
  return sideBySide(trees);
}

async function imageTree({ store, registry, signal }: ExportRequest, image: Descriptor): Promise<Tree> {
  const source = createImageSource(store, registry);
  const { layers } = await readImage(store, image, { signal });
  for (const layer of layers) await makePlain(store, layer, { source, signal });
  return openTree(store, layers);
}

/** Several trees, each below a folder of its own, for a walk through all of them. */
function sideBySide(trees: ReadonlyMap<string, Tree>): Pick<Tree, "walk"> {
  const top = { type: "directory", mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 } as const;
  return {
    *walk() {
      for (const [folder, tree] of trees) {
        yield { ...top, path: folder };
        for (const entry of tree.walk("")) if (entry.path !== "") yield moved(entry, folder);
      }
    },
  };
}

function moved(entry: TreeEntry, folder: string): TreeEntry {
  const { path, linkGroup } = entry;
  return {
    ...entry,
    path: `${folder}/${path}`,
    ...(linkGroup === undefined ? {} : { linkGroup: `${folder} ${linkGroup}` }),
  };
}

async function writeFileWhole(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, "w");
    try {
      for await (const chunk of chunks) await file.writeFile(chunk);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
