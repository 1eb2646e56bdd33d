import { defineConfig } from "vitest/config";

const conditions = ["tsbuild:source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    // Files share one module graph: 10 times faster, and no file may keep module-level state anyway.
    isolate: false,
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
