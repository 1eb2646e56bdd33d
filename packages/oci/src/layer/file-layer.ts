import { createHash } from "node:crypto";
import { closeSync } from "node:fs";
import type { Digest } from "../digest.ts";
import { TsbuildError } from "../error.ts";
import { tarPadding } from "../tar/block.ts";
import type { Entry } from "../tar/entry.ts";
import { encodeEntry, TAR_END } from "../tar/write.ts";
import { type FileContent, keepOpen, openContent } from "./file-content.ts";
import { createIndexBuilder } from "./index-builder.ts";
import { writeLayerIndex } from "./index-file.ts";
import { createTarOutput } from "./tar-output.ts";
import type { FileRange } from "./tree.ts";

/** Options of {@link createFileLayer}. */
export interface FileLayerOptions {
  /** Keep the nanoseconds of times. @default false: whole seconds, as BuildKit writes them */
  readonly nanoseconds?: boolean;
  /** The store's folder `layers`: `finish` then writes the layer's index there, so that nobody need scan the tar. */
  readonly indexFolder?: string;
}

/** What became of a file that was added. */
export interface AddedFile {
  /** Of the bytes that went into the layer: only where `hash` was asked for. */
  readonly digest?: Digest;
  /** True: the file was not `entry.size` bytes long. The layer holds that many nevertheless, cut or filled with zeros. */
  readonly changed: boolean;
}

/** A plain layer that is being written to a file. All calls are synchronous: it belongs into a worker thread. */
export interface FileLayer {
  /** Adds an entry; `content` has `entry.size` bytes. */
  add(entry: Entry, content?: Uint8Array): void;
  /**
   * Adds a file from disk, read once. A symlink is not followed.
   * @throws TsbuildError FILE_UNREADABLE; nothing was added then
   */
  addFile(entry: Entry, source: string | number, options?: { readonly hash?: boolean }): AddedFile;
  /** Adds a file whose content is a range of another file: of a layer below. */
  addRange(entry: Entry, range: FileRange, options?: { readonly hash?: boolean }): AddedFile;
  /** Ends the tar. The file is closed and not yet synced: `adopt` does that. */
  finish(): { readonly diffId: Digest; readonly size: number };
  /** Closes and removes the file. Does nothing after `finish`. */
  abort(): void;
}

/**
 * Starts a plain layer in the new file `path`.
 *
 * @example
 * const path = store.temporaryPath();
 * const layer = createFileLayer(path, { indexFolder: store.folder("layers") });
 * layer.addFile(entry, "/src/main.c");
 * const { diffId } = layer.finish();
 * await store.adopt(path, diffId);
 */
export function createFileLayer(path: string, options: FileLayerOptions = {}): FileLayer {
  const output = createTarOutput(path);
  const index = createIndexBuilder();
  const ranges = keepOpen();

  const header = (entry: Entry): void => {
    const written = options.nanoseconds ? entry : { ...entry, mtimeNsec: 0 };
    output.write(encodeEntry(written));
    index.add(written, output.size());
  };

  const copy = (entry: Entry, content: FileContent, wanted = false): AddedFile => {
    header(entry);
    const hash = wanted ? createHash("sha256") : undefined;
    const complete = output.copy(entry.size, content, hash);
    output.zeros(tarPadding(entry.size));
    const changed = !complete || (content.size !== undefined && content.size !== entry.size);
    return { changed, ...(hash ? { digest: `sha256:${hash.digest("hex")}` as const } : {}) };
  };

  return {
    add(entry, content = new Uint8Array()) {
      if (content.length !== entry.size)
        throw new TsbuildError("ENTRY_INVALID", `${entry.path} has ${content.length} bytes, its entry ${entry.size}`);
      header(entry);
      output.write(content);
      output.zeros(tarPadding(entry.size));
    },
    addFile(entry, source, { hash } = {}) {
      const content = openContent(source);
      try {
        return copy(entry, content, hash);
      } finally {
        if (typeof source === "string") closeSync(content.descriptor);
      }
    },
    addRange(entry, range, { hash } = {}) {
      const { descriptor } = ranges.open(range.file);
      return copy(entry, { descriptor, position: range.offset }, hash);
    },
    finish() {
      ranges.close();
      output.write(TAR_END);
      const finished = output.finish();
      if (options.indexFolder !== undefined) writeLayerIndex(options.indexFolder, finished.diffId, index);
      return finished;
    },
    abort() {
      ranges.close();
      output.abort();
    },
  };
}
