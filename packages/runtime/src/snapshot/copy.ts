import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Layer, MEDIA_TYPE } from "@tsbuild/oci";
import { folderView } from "./merged-view.ts";
import type { OverlayOptions } from "./overlay.ts";
import type { OpenedLayers, Snapshotter } from "./snapshotter.ts";
import { deepestFirst } from "./tree-job.ts";
import { createWorkFolder } from "./work-folder.ts";

/**
 * Writes out the whole tree for every step, and compares all of it afterwards: slow, but it needs no mount. For storage
 * that overlay cannot stack, such as the root of a container.
 */
export function createCopySnapshotter(options: OverlayOptions): Snapshotter {
  const { folders, store, trees, host, tolerateOwners } = options;
  const indexFolder = store.folder("layers");
  const tars = (layers: readonly Layer[]) =>
    layers.map(({ diffId, descriptor }) => ({ diffId, descriptor, tar: store.blobPath(diffId) }));
  const flatten = async (layers: readonly Layer[], into: string): Promise<{ readonly since: number }> =>
    trees.run({ type: "flatten", layers: tars(layers), indexFolder, into, options: { ...host, tolerateOwners } });

  return {
    name: "copy",
    prepare: async (layers) => {
      const folder = createWorkFolder(folders);
      const discard = async (): Promise<void> => {
        await trees.run({ type: "remove", path: folder });
      };
      const root = join(folder, "tree", "root");
      try {
        mkdirSync(join(folder, "tree"));
        const { since } = await flatten(layers, root);
        return {
          folder,
          mount: () => ({ folder: root }),
          view: folderView(root),
          commit: async (stubs, { signal } = {}) => {
            const tar = store.temporaryPath();
            const { diffId, size } = await trees.run({
              type: "compare",
              folder: root,
              layers: tars(layers),
              since,
              stubs: deepestFirst(stubs),
              tar,
              indexFolder,
              options: { ...host, tolerateOwners },
            });
            signal?.throwIfAborted();
            await store.adopt(tar, diffId);
            await discard();
            return { diffId, descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest: diffId, size } };
          },
          discard,
        };
      } catch (error) {
        await discard();
        throw error;
      }
    },
    open: async (layers, folder): Promise<OpenedLayers> => {
      mkdirSync(folder);
      const root = join(folder, "root");
      await flatten(layers, root);
      return { root: { folder: root }, view: folderView(root) };
    },
    prune: async () => 0,
  };
}
