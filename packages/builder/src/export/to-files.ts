import { rmSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { extractTree, makePlain, openTree, readImage, streamTree, type Tree } from "@tsbuild/oci";
import { createImageSource } from "../image-source.ts";
import { type ExportOutput, outputTitle, sinkOf } from "./export-output.ts";
import type { Exporter, ExportRequest } from "./exporter.ts";

/** Writes the image's files into a folder. Owners are kept where the caller is root. */
export function toDirectory(directory: string): Exporter {
  return {
    name: `directory ${directory}`,
    async export(request) {
      const owners = process.getuid?.() === 0;
      await extractTree(await treeOf(request), directory, { owners, signal: request.signal });
    },
  };
}

/** Writes the image's files as one tar. */
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

async function treeOf({ image, store, registry, signal }: ExportRequest): Promise<Tree> {
  const source = createImageSource(store, registry);
  const { layers } = await readImage(store, image, { signal });
  for (const layer of layers) await makePlain(store, layer, { source, signal });
  return openTree(store, layers);
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
