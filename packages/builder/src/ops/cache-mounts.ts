import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type AbortOptions, digestHex, digestOf, withFileLock } from "@tsbuild/oci";

export type Sharing = "shared" | "private" | "locked";

/** A folder of the host that outlives the build, lent to one RUN. */
export interface CacheMount {
  readonly directory: string;
  release(): Promise<void>;
}

/** The folders behind `RUN --mount=type=cache`. */
export interface CacheMounts {
  /**
   * Lends the folder of `id`: `shared` to whoever asks, `locked` to one at a time (also across processes), `private` each
   * time one that nobody has in this build.
   */
  lend(id: string, sharing: Sharing, options?: AbortOptions): Promise<CacheMount>;
}

/** Cache mounts below `root`, a folder for each id. */
export function createCacheMounts(root: string): CacheMounts {
  const lent = new Set<string>();
  const directoryOf = (id: string, copy: number): string =>
    join(root, `${digestHex(digestOf(id)).slice(0, 32)}${copy === 0 ? "" : `.${copy}`}`);
  const free = async (): Promise<void> => undefined;
  return {
    async lend(id, sharing, options = {}) {
      if (sharing === "private") {
        let copy = 0;
        while (lent.has(directoryOf(id, copy))) copy++;
        const directory = directoryOf(id, copy);
        lent.add(directory);
        return { directory: made(directory), release: async () => void lent.delete(directory) };
      }
      const directory = made(directoryOf(id, 0));
      return sharing === "locked" ? lock(directory, options) : { directory, release: free };
    },
  };
}

function made(directory: string): string {
  mkdirSync(join(directory, "data"), { recursive: true });
  return join(directory, "data");
}

/** Holds the lock of a folder until it is released: the lock's own function waits for that. */
function lock(directory: string, options: AbortOptions): Promise<CacheMount> {
  return new Promise((resolve, reject) => {
    let release: () => void = () => undefined;
    const held = withFileLock(
      join(directory, "..", "lock"),
      () =>
        new Promise<void>((done) => {
          release = done;
          resolve({
            directory,
            release: async () => {
              release();
              await held;
            },
          });
        }),
      options,
    );
    held.catch(reject);
  });
}
