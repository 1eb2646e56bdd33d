// @ts-check
// Runs a command in an image of the local store.   node examples/run-command.mjs NAME COMMAND [ARGS...]
import { homedir } from "node:os";
import { join } from "node:path";
import { runInImage } from "@tsbuild/builder";
import { defaultRoot, openStore, readImage } from "@tsbuild/oci";
import { createRuntime } from "@tsbuild/runtime";

const [name = "docker.io/tsbuild/node:demo", ...args] = process.argv.slice(2);

const store = await openStore(defaultRoot(process.env, homedir()));
const runtime = await createRuntime({ root: join(store.root, "snapshots"), store });
try {
  const execution = await runInImage({ store, runtime, image: await readImage(store, name) }, { args });
  for await (const chunk of execution.stdout) process.stdout.write(chunk);
  process.exitCode = (await execution.exited).exitCode;
} finally {
  await runtime.close();
  await store.close();
}
