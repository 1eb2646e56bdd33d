import type { AbortOptions } from "@tsbuild/oci";
import PQueue from "p-queue";

/** The limit on transfers at a time to one registry. */
export interface Transfers {
  /** Waits for a free place; the function it gives frees the place again (once; calling it again does nothing). */
  enter(options?: AbortOptions): Promise<() => void>;
}

export function createTransfers(concurrency: number): Transfers {
  const queue = new PQueue({ concurrency });
  return {
    enter({ signal } = {}) {
      return new Promise((granted, failed) => {
        const held = () => new Promise<void>((release) => granted(release));
        queue.add(held, signal === undefined ? {} : { signal }).catch(failed);
      });
    },
  };
}
