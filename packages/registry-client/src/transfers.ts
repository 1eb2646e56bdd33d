import type { AbortOptions } from "@tsbuild/oci";
import PQueue from "p-queue";

/** The limit on transfers at a time to one registry. */
export interface Transfers {
  /** Waits for a free place; the function it gives frees the place again (once; calling it again does nothing). */
  enter(options?: AbortOptions): Promise<() => void>;
  /** Takes up to `count` places that nobody wants now. The function frees them all again. */
  takeSpare(count: number): { readonly taken: number; release(): void };
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
    takeSpare(count) {
      const spare = queue.size > 0 ? 0 : Math.max(0, Math.min(count, concurrency - queue.pending));
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      for (let i = 0; i < spare; i++) queue.add(() => released).catch(() => undefined);
      return { taken: spare, release: () => release() };
    },
  };
}
