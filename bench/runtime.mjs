// How long a process takes to start: `node bench/runtime.mjs [rounds]`. The back ends take turns in every round, so that
// what else the machine does hits all of them alike. Needs busybox-static; runs what is installed of crun, runc, bubblewrap.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore, writeLayer } from "@tsbuild/oci";
import { createRuntime } from "@tsbuild/runtime";
import { busyboxEntries } from "../packages/runtime/dist/testing/busybox.js";

const rounds = Number(process.argv[2] ?? 30);
const WARM_UP = 3;
const PARALLEL = 50;
const folder = mkdtempSync(join(tmpdir(), "tsbuild-bench-"));
const store = await openStore(join(folder, "store"));
const base = await writeLayer(store, busyboxEntries());
const runtimes = [];
for (const backend of ["native", "crun", "runc", "bubblewrap"]) {
  try {
    const runtime = await createRuntime({ root: join(folder, backend), store, backend });
    runtimes.push({ backend, runtime, start: [], step: [], cpu: [], parallel: [] });
  } catch (error) {
    console.log(`${backend}: left out: ${error.message}`);
  }
}

async function drain(stream) {
  for await (const _ of stream);
}

async function execute(workspace) {
  const execution = workspace.execute({ args: ["/bin/true"] });
  await Promise.all([drain(execution.stdout), drain(execution.stderr), execution.exited]);
}

async function timed(into, action) {
  const begin = performance.now();
  await action();
  into.push(performance.now() - begin);
}

/** All processor time that this machine has spent on anything but nothing, in milliseconds: children die unseen. */
function busyMs() {
  const [user, nice, system, , , irq, softirq] = readFileSync("/proc/stat", "latin1")
    .split("\n")[0]
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) * 10;
}

for (let round = -WARM_UP; round < rounds; round++) {
  for (const { runtime, start, step, cpu } of runtimes) {
    const workspace = await runtime.prepare([base]);
    const before = process.cpuUsage();
    await timed(start, () => execute(workspace));
    await timed(step, () => workspace.commit());
    const { user, system } = process.cpuUsage(before);
    cpu.push((user + system) / 1000);
    step.push(step.pop() + start.at(-1));
    if (round < 0) for (const list of [start, step, cpu]) list.length = 0;
  }
}
for (const { runtime, parallel } of runtimes) {
  const workspaces = await Promise.all(Array.from({ length: PARALLEL }, () => runtime.prepare([base])));
  const before = busyMs();
  await timed(parallel, () => Promise.all(workspaces.map(execute)));
  parallel.push((busyMs() - before) / PARALLEL);
  await Promise.all(workspaces.map((workspace) => workspace.discard()));
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const [first] = runtimes;
const least = (list) => Math.min(...list);
const both = (list, own) => `${ratio(median(list), median(own))}, least ${ratio(least(list), least(own))}`;
const ratio = (value, own) => (own ? `${value.toFixed(1)} (${(value / own).toFixed(1)}x)` : value.toFixed(1));
console.log(`${rounds} rounds; median ms (times the first back end)\n`);
console.log(
  "| back end | start to end | step with commit | CPU of Node per step | 50 in parallel | CPU per start of these |",
);
console.log("| --- | --- | --- | --- | --- | --- |");
for (const { backend, start, step, cpu, parallel } of runtimes) {
  const cells = [
    both(start, first.start),
    both(step, first.step),
    median(cpu).toFixed(1),
    ratio(parallel[0], first.parallel[0]),
    ratio(parallel[1], first.parallel[1]),
  ];
  console.log(`| ${[backend, ...cells].join(" | ")} |`);
}
for (const { runtime } of runtimes) await runtime.close();
await store.close();
rmSync(folder, { recursive: true });
