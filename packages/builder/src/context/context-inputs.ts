import { join, resolve } from "node:path";
import { digestHex, digestOf, type LocalStore } from "@tsbuild/oci";
import type { ContextInput } from "../files/file-task.ts";
import type { LocalContext } from "../graph/compiled.ts";
import { readIgnoreFile } from "./read-dockerfile.ts";

export interface ContextInputsOptions {
  readonly store: LocalStore;
  /** By name, as the graph's local ops call them. */
  readonly contexts: ReadonlyMap<string, LocalContext>;
  /** The Dockerfile's path: the ignore file of the main context may lie beside it. */
  readonly dockerfile?: string | undefined;
}

/** The build contexts as the file workers are told, each with the rules of its own ignore file. */
export function contextInputs({
  store,
  contexts,
  dockerfile,
}: ContextInputsOptions): ReadonlyMap<string, ContextInput> {
  const statFolder = join(store.folder("cache"), "contexts");
  return new Map(
    [...contexts].map(([name, { directory, title = resolve(directory), include, exclude }]) => {
      const root = resolve(directory);
      const ignored =
        exclude === undefined ? readIgnoreFile(root, name === "context" ? dockerfile : undefined) : undefined;
      const input: ContextInput = {
        type: "context",
        title: name === "context" ? `the build context ${title}` : `the context ${name} (${title})`,
        directory: root,
        include,
        exclude: exclude ?? ignored?.patterns ?? [],
        ignoreFile: ignored?.name,
        statCacheFile: join(statFolder, `${digestHex(digestOf(root)).slice(0, 32)}.stat`),
      };
      return [name, input];
    }),
  );
}
