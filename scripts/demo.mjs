// `npm run demo`: from a fresh clone to a real image that runs, on a machine with nothing but Node and npm.
import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { root, setup } from "./setup.mjs";

const TSBUILD = join(root, "packages", "cli", "bin", "tsbuild.js");
const BASE = "tsbuild/node:demo";
const IMAGE = "tsbuild/web:demo";

/** Runs a step, says what it is and how long it took. */
async function step(title, work) {
  console.log(`\n== ${title}`);
  const start = performance.now();
  const result = await work();
  console.log(`-- ${((performance.now() - start) / 1000).toFixed(2)} s`);
  return result;
}

/** Runs the command `tsbuild` in the open: what it prints is what a user sees. */
function tsbuild(...args) {
  console.log(`$ npx tsbuild ${args.join(" ")}`);
  const { status } = spawnSync(process.execPath, [TSBUILD, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

async function assembleBase() {
  const { assembleNodeBase } = await import("../examples/base-image.mjs");
  const { defaultRoot, openStore } = await import("@tsbuild/oci");
  const { homedir } = await import("node:os");
  const store = await openStore(defaultRoot(process.env, homedir()));
  try {
    const image = await assembleNodeBase(store, `docker.io/${BASE}`);
    for (const layer of image.layers) console.log(`layer ${layer.descriptor.digest} ${layer.descriptor.size} bytes`);
    console.log(`${BASE} is ${image.descriptor.digest}`);
  } finally {
    await store.close();
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Asks until the server answers; it has ten seconds to start. */
async function ask(url) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await fetch(url);
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function runImage() {
  const port = await freePort();
  const args = ["run", "--rm", "-e", `PORT=${port}`, IMAGE];
  console.log(`$ npx tsbuild ${args.join(" ")}`);
  const container = spawn(process.execPath, [TSBUILD, ...args], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  const ended = new Promise((resolve) => container.on("exit", resolve));
  try {
    const answer = await Promise.race([ask(`http://127.0.0.1:${port}/`), ended]);
    if (!(answer instanceof Response)) throw new Error(`the container ended with exit code ${answer}`);
    console.log(`HTTP ${answer.status}: ${(await answer.text()).trim()}`);
  } finally {
    container.kill("SIGTERM");
    await ended;
  }
}

const BUILD = ["build", "-t", IMAGE, "--build-arg", `BASE=${BASE}`, "--progress", "plain", "examples/web"];

await step("install the dependencies and build the workspace", () => setup());
await step("assemble a base image from this machine's Node, with the library", assembleBase);
await step("build examples/web from its Dockerfile", () => tsbuild(...BUILD));
await step("what the image is made of", () => {
  tsbuild("images");
  tsbuild("history", IMAGE);
  tsbuild("inspect", "--format", "{{json .RootFS.Layers}}", IMAGE);
});
await step("run the image and ask it", runImage);
await step("build it again: every step comes from the cache", () => tsbuild(...BUILD));
console.log("\nThe demo is done. Try: npx tsbuild doctor");
