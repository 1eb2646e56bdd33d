/** Repeatable choices: the same seed makes the same ones on every machine. */
export interface Random {
  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number;
  /** True in this share of all cases. */
  chance(share: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** `least` to `most` results of `make`. */
  some<T>(least: number, most: number, make: () => T): T[];
  /** One of the alternatives, as often as their weights say. */
  weighted<T>(alternatives: readonly (readonly [weight: number, value: T])[]): T;
}

/** Makes a source of choices from a seed, by the mulberry32 generator. */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    chance: (share) => next() < share,
    pick: <T>(items: readonly T[]): T => items[below(items.length)] as T,
    some: (least, most, make) => Array.from({ length: least + below(most - least + 1) }, make),
    weighted<T>(alternatives: readonly (readonly [number, T])[]): T {
      let left = next() * alternatives.reduce((sum, [weight]) => sum + weight, 0);
      const found = alternatives.find(([weight]) => {
        left -= weight;
        return left < 0;
      });
      return (found ?? alternatives.at(-1))?.[1] as T;
    },
  };
}
