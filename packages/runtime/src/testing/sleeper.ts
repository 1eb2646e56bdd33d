import { join } from "node:path";
import { openStore, writeLayer } from "@tsbuild/oci";
import { createRuntime } from "../create-runtime.ts";
import { busyboxEntries } from "./busybox.ts";

/** A builder that is to be killed: starts a process that sleeps, and says so. */
const [folder = "", marker = "", options = "{}"] = process.argv.slice(2);
const store = await openStore(join(folder, "store"));
const runtime = await createRuntime({ root: join(folder, "runtime-of-sleeper"), store, ...JSON.parse(options) });
const base = await writeLayer(store, busyboxEntries());
const workspace = await runtime.prepare([base]);
const execution = workspace.execute({ args: ["sh", "-c", `sleep ${marker} & echo up; sleep ${marker}`] });
for await (const chunk of execution.stdout) process.stdout.write(chunk);
