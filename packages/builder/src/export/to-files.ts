import { rmSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import {
  type Descriptor,
  extractTree,
  formatPlatform,
  isIndexType,
  makePlain,
  openTree,
  type Platform,
  parseIndex,
  readAll,
  readImage,
  streamTree,
  type Tree,
  type TreeEntry,
  TsbuildError,
} from "@tsbuild/oci";
import { createImageSource } from "../image-source.ts";
import { type ExportOutput, outputTitle, sinkOf } from "./export-output.ts";
import type { Exporter, ExportRequest } from "./exporter.ts";

/** Options of {@link toDirectory} and {@link toTar}. */
export interface FilesOptions {
  /** Each platform gets a folder of its own: `linux_arm64`. @default true where there are several */
  readonly platformSplit?: boolean | undefined;
}

/**
 * Writes the image's files into a folder. Owners are kept where the caller is root. Of several platforms each gets a
 * folder of its own in it.
 */
export function toDirectory(directory: string, options: FilesOptions = {}): Exporter {
  return {
    name: `directory ${directory}`,
    async export(request) {
      const owners = process.getuid?.() === 0;
      await extractTree(await treeOf(request, options), directory, { owners, signal: request.signal });
    },
  };
}

/** Writes the image's files as one tar. Of several platforms each has a folder of its own in it. */
export function toTar(output: ExportOutput, options: FilesOptions = {}): Exporter {
  return {
    name: `tar${outputTitle(output)}`,
    async export(request) {
      const chunks = streamTree(await treeOf(request, options), { signal: request.signal });
      const sink = sinkOf(output);
      if (typeof sink === "string") await writeFileWhole(sink, chunks);
      else for await (const chunk of chunks) await sink(chunk);
    },
  };
}

async function treeOf(request: ExportRequest, { platformSplit }: FilesOptions): Promise<Pick<Tree, "walk">> {
  const images = await imagesOf(request);
  const trees = new Map<string, Tree>();
  for (const { platform, image } of images)
    trees.set(formatPlatform(platform).replaceAll("/", "_"), await imageTree(request, image));
  if (platformSplit ?? trees.size > 1) return sideBySide(trees);
  const [first] = trees.values();
  return first !== undefined && trees.size === 1 ? first : oneUponAnother(trees);
}

async function imagesOf({
  image,
  store,
  signal,
}: ExportRequest): Promise<readonly { readonly platform: Platform; readonly image: Descriptor }[]> {
  if (!isIndexType(image.mediaType)) {
    const { platform } = await readImage(store, image, { signal });
    return [{ platform, image }];
  }
  const index = parseIndex(await readAll(await store.fetch(image, { signal }), { limit: 4 << 20, signal }));
  return index.manifests.flatMap((manifest) =>
    manifest.platform === undefined ? [] : [{ platform: manifest.platform, image: manifest }],
  );
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

/**
 * Several trees in one place, which works where they have only folders in common.
 * @throws TsbuildError EXPORT_CONFLICT
 */
function oneUponAnother(trees: ReadonlyMap<string, Tree>): Pick<Tree, "walk"> {
  return {
    *walk() {
      const owners = new Map<string, { readonly folder: string; readonly isFolder: boolean }>();
      for (const [folder, tree] of trees)
        for (const entry of tree.walk("")) {
          const isFolder = entry.type === "directory";
          const other = owners.get(entry.path);
          if (other !== undefined && !(isFolder && other.isFolder)) throw conflict(entry.path, other.folder, folder);
          owners.set(entry.path, { folder, isFolder });
          const linkGroup = entry.linkGroup === undefined ? {} : { linkGroup: `${folder} ${entry.linkGroup}` };
          if (other === undefined) yield { ...entry, ...linkGroup };
        }
    },
  };
}

function conflict(path: string, first: string, second: string): TsbuildError {
  return new TsbuildError("EXPORT_CONFLICT", `${JSON.stringify(path)} is in the images of ${first} and ${second}`, {
    hint: "let each platform have its own folder: platform-split=true",
  });
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
