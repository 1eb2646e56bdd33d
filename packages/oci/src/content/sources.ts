import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestHex } from "../digest.ts";
import { readFileIfThere, replaceFile } from "../file.ts";
import { withFileLock } from "../file-lock.ts";
import { canonicalJson } from "../json.ts";
import { listOf, object, parseDocument, text } from "../shape.ts";

/** More places than this are never worth trying. */
const KEPT = 8;
const SHAPE = object({ repositories: listOf(text) }, {});

/** Where content can be had that may be absent here: one small file per digest in `sources/`. */
export interface SourceNotes {
  add(digest: Digest, repository: string): Promise<void>;
  /** Newest note first. */
  read(digest: Digest): readonly string[];
  path(digest: Digest): string;
}

export function createSourceNotes(root: string, temporaryPath: () => string): SourceNotes {
  const folder = join(root, "sources");
  const path = (digest: Digest): string => join(folder, `${digestHex(digest)}.json`);
  return {
    path,
    read: (digest) => readNotes(path(digest)),
    async add(digest, repository) {
      const file = path(digest);
      if (readNotes(file)[0] === repository) return;
      mkdirSync(folder, { recursive: true });
      await withFileLock(join(root, "sources.lock"), () => {
        const others = readNotes(file).filter((other) => other !== repository);
        const repositories = [repository, ...others].slice(0, KEPT);
        replaceFile(file, canonicalJson({ repositories }), temporaryPath());
      });
    },
  };
}

/**
 * The notes in one file; none where there is no file.
 * @throws TsbuildError STORE_DAMAGED
 */
export function readNotes(path: string): readonly string[] {
  const bytes = readFileIfThere(path);
  if (bytes === undefined) return [];
  const kind = { what: `record ${path}`, code: "STORE_DAMAGED" } as const;
  return parseDocument<{ repositories: string[] }, "STORE_DAMAGED">(bytes, SHAPE, kind).repositories;
}
