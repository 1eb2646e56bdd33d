import { defineConfig } from "vitest/config";
import { closingReporter } from "./test/support/closing-reporter.ts";

const conditions = ["tsbuild:source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    // Files share one module graph: ten times faster, and no module may keep state anyway.
    isolate: false,
    pool: "forks",
    // Suites mostly wait for processes that they start.
    maxWorkers: 2,
    // Machines that run this for everyone are shared: a process that was starved once gets a second chance, and is reported.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ["default", closingReporter()],
  },
});
