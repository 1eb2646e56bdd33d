// Push and pull of a large image to docker-registry on this machine, by `tsbuild copy` and by `skopeo copy`, in turn.
//
//   node bench/registry.mjs [--size MB] [--layers N] [--rounds N]
//
// Prints medians: wall time, CPU time (user and system), peak memory. Needs docker-registry and skopeo, and `npm run build`.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { extendImage, openLayout, scratch, writeLayer } from "../packages/oci/dist/index.js";

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "500" },
    layers: { type: "string", default: "8" },
    rounds: { type: "string", default: "3" },
  },
});
const [megabytes, layers, rounds] = [values.size, values.layers, values.rounds].map(Number);
const TSBUILD = resolve("packages/cli/bin/tsbuild.js");
const TICKS_PER_SECOND = 100;
const LATENCY_MS = 50;
/** What one connection of the slow link has under way at most. */
const WINDOW_BYTES = 1024 * 1024;

const folder = mkdtempSync(join(tmpdir(), "tsbuild-bench-"));
const env = { ...process.env, TSBUILD_ROOT: join(folder, "store"), BUILDKIT_PROGRESS: "quiet" };

/** Content that does not compress, as packed layers do not. */
async function makeImage(name, size) {
  const layout = await openLayout(join(folder, name));
  const made = [];
  for (let i = 0; i < layers; i++) {
    const content = randomBytes(Math.floor((size * 1024 * 1024) / layers));
    // Packed already: neither of the two has anything to compress.
    made.push(await writeLayer(layout, [{ path: `file-${i}`, content }], { compression: "gzip" }));
  }
  const image = await extendImage(layout, scratch("linux/amd64"), { layers: made });
  await layout.tag(image.descriptor, "v1");
  return `oci:${join(folder, name)}:v1`;
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

async function startRegistry() {
  const port = await freePort();
  const config = {
    version: 0.1,
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "registry") } },
    http: { addr: `127.0.0.1:${port}` },
  };
  writeFileSync(join(folder, "config.yml"), JSON.stringify(config));
  const child = spawn("docker-registry", ["serve", join(folder, "config.yml")], { stdio: "ignore" });
  for (let i = 0; i < 100; i++) {
    if (await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined)) break;
    await sleep(50);
  }
  return { port, stop: () => child.kill() };
}

/** A link with latency: all that comes is passed on half of it later, in both directions. */
async function startSlowLink(to) {
  const relay = (from, target) => {
    let underWay = 0;
    from.on("data", (chunk) => {
      underWay += chunk.length;
      if (underWay > WINDOW_BYTES) from.pause();
      setTimeout(() => {
        target.write(chunk);
        // What was sent is acknowledged after the way back.
        setTimeout(() => {
          underWay -= chunk.length;
          if (underWay <= WINDOW_BYTES) from.resume();
        }, LATENCY_MS / 2);
      }, LATENCY_MS / 2);
    });
    from.on("end", () => setTimeout(() => target.end(), LATENCY_MS / 2));
    from.on("error", () => target.destroy());
  };
  const server = createServer((client) => {
    const upstream = connect(to, "127.0.0.1");
    relay(client, upstream);
    relay(upstream, client);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { port: server.address().port, stop: () => server.close() };
}

/** Runs a command to its end: wall and CPU time in seconds, peak memory in MiB. */
function measure(command, args) {
  return new Promise((done, fail) => {
    const started = performance.now();
    const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    const seen = { cpu: 0, memory: 0 };
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += chunk;
    });
    const timer = setInterval(() => sample(child.pid, seen), 10);
    child.on("error", fail);
    child.on("close", (code) => {
      clearInterval(timer);
      if (code !== 0) fail(new Error(`${command} ${args.join(" ")}: ${said}`));
      else done({ wall: (performance.now() - started) / 1000, ...seen });
    });
  });
}

function sample(pid, seen) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    seen.cpu = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    seen.memory = Math.max(seen.memory, Number(peak ?? 0) / 1024);
  } catch {
    // It has just ended.
  }
}

const tsbuild = (source, target) => measure(process.execPath, [TSBUILD, "copy", "-q", source, target]);
const skopeo = (source, target) => {
  const flags = [
    ...(source.startsWith("docker:") ? ["--src-tls-verify=false"] : []),
    ...(target.startsWith("docker:") ? ["--dest-tls-verify=false"] : []),
  ];
  return measure("skopeo", ["copy", "-q", ...flags, source, target]);
};

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

/** Both in turn, so that what else the machine does hits both. */
async function compare(task, run) {
  const results = { tsbuild: [], skopeo: [] };
  for (let round = 0; round < rounds; round++) {
    results.tsbuild.push(await run(tsbuild, `ours-${task.replaceAll(/\W/g, "")}-${round}`));
    results.skopeo.push(await run(skopeo, `theirs-${task.replaceAll(/\W/g, "")}-${round}`));
  }
  const of = (who, what) => median(results[who].map((result) => result[what]));
  const row = ["wall", "cpu", "memory"].map((what) => {
    const [ours, theirs] = [of("tsbuild", what), of("skopeo", what)];
    const unit = what === "memory" ? "MiB" : "s";
    const digits = what === "memory" ? 0 : 2;
    return `${ours.toFixed(digits)} / ${theirs.toFixed(digits)} ${unit} (${(ours / theirs).toFixed(2)})`;
  });
  console.log(`| ${[task, ...row].join(" | ")} |`);
}

const registry = await startRegistry();
const clear = () => {
  registry.stop();
  rmSync(folder, { recursive: true, force: true });
};
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    clear();
    process.exit(130);
  });
}
const link = await startSlowLink(registry.port);
try {
  const image = await makeImage("image", megabytes);
  const at = (name, port = registry.port) => `docker://127.0.0.1:${port}/bench/${name}:v1`;
  const out = (name) => {
    mkdirSync(join(folder, "out"), { recursive: true });
    return `oci:${join(folder, "out", name)}:v1`;
  };
  await tsbuild(image, at("source"));
  console.log(`${megabytes} MB in ${layers} layers, medians of ${rounds}: tsbuild / skopeo (ratio)\n`);
  console.log("| task | wall | CPU | peak memory |\n| --- | --- | --- | --- |");
  // A registry that has the blobs already takes none: each push goes to one that was emptied.
  await compare("push", async (push, name) => {
    rmSync(join(folder, "registry", "docker", "registry", "v2", "blobs"), { recursive: true, force: true });
    return push(image, at(name));
  });
  await tsbuild(image, at("source"));
  await compare("push, nothing to send", (push) => push(image, at("source")));
  const pulled = async (pull, name, port) => {
    const result = await pull(at("source", port), out(name));
    rmSync(join(folder, "out", name), { recursive: true, force: true });
    return result;
  };
  await compare("pull", (pull, name) => pulled(pull, name, registry.port));
  await compare(`pull, ${LATENCY_MS} ms away`, (pull, name) => pulled(pull, name, link.port));
} finally {
  link.stop();
  clear();
}
