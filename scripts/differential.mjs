// `npm run differential`: random Dockerfiles built by tsbuild and by Docker's own engine (Debian's docker.io).
// `-- --seed N` or `-- --seeds A-B` (default 1-500): the same seed is the same build on every machine.
import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { root, setup } from "./setup.mjs";

const { values } = parseArgs({ options: { seed: { type: "string" }, seeds: { type: "string", default: "1-500" } } });
const seeds = values.seed ?? values.seeds;
if (!/^\d+(-\d+)?$/.test(seeds)) {
  console.error(`${seeds}: neither a seed nor a range such as 1-500`);
  process.exit(2);
}

setup();
console.log(`seeds ${seeds}`);
const vitest = [join(root, "node_modules", "vitest", "vitest.mjs"), "run", "test/differential", "--maxConcurrency=6"];
const { status } = spawnSync(process.execPath, vitest, {
  cwd: root,
  stdio: "inherit",
  env: {
    ...process.env,
    DIFFERENTIAL_SEEDS: seeds,
    PATH: `${process.env.PATH ?? ""}${delimiter}/usr/sbin${delimiter}/sbin`,
  },
});
process.exit(status ?? 1);
