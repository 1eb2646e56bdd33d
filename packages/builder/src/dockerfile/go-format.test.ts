import { expect, test } from "vitest";
import { formatDuration } from "./go-format.ts";

const cases: readonly (readonly [nanoseconds: number, text: string])[] = [
  [0, "0s"],
  [1, "1ns"],
  [1500, "1.5µs"],
  [200e6, "200ms"],
  [1e9, "1s"],
  [1.5e9, "1.5s"],
  [90e9, "1m30s"],
  [3600e9, "1h0m0s"],
  [-30e9, "-30s"],
];

for (const [nanoseconds, text] of cases) test(text, () => expect(formatDuration(nanoseconds)).toBe(text));
