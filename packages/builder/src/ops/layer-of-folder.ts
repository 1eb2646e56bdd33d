import { rmSync } from "node:fs";
import type { Layer } from "@tsbuild/oci";
import type { FileAction } from "../graph/op.ts";
import { vertex } from "../graph/vertex.ts";
import type { OpContext } from "../solver/op-runner.ts";
import { runTask } from "./file.ts";
import type { OpEnvironment } from "./op-environment.ts";

/** A folder of the host that is no build context. */
export interface HostFolder {
  readonly directory: string;
  /** For messages. */
  readonly title: string;
  /** Patterns of what is left out. */
  readonly exclude?: readonly string[];
  /** Unpacks `source`, an archive in the folder, in place of taking the folder's files. */
  readonly archive?: string;
}

/** The files of a folder, or of an archive in it, as a layer. */
export async function layerOfFolder(
  env: Pick<OpEnvironment, "store" | "workers" | "epoch">,
  { directory, title, exclude = [], archive }: HostFolder,
  context: OpContext,
): Promise<Layer> {
  const statCacheFile = `${directory}.stat`;
  const input = { type: "context", title, directory, exclude, statCacheFile } as const;
  const what = archive === undefined ? { sources: ["."], unpack: "never" } : { sources: [archive], unpack: "always" };
  const copy = { type: "copy", input: 0, destination: "/", parents: false, exclude: [], ...what } as FileAction;
  const files = vertex({ type: "local", name: directory }, [], { name: title });
  const step = vertex({ type: "file", base: -1, actions: [copy] }, [files], { name: title });
  const inputs = [{ key: files.digest, layers: [] }];
  const contexts = new Map([[directory, input]]);
  try {
    const { layer } = await runTask(
      { ...env, contexts },
      { op: { actions: [copy] }, vertex: step, inputs },
      { base: [], want: "layer" },
      context,
    );
    if (layer === undefined) throw new Error("the file worker made no layer");
    return layer;
  } finally {
    rmSync(statCacheFile, { force: true });
  }
}
