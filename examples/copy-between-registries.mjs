// @ts-check
// Copies an image from one registry to another, through nothing but memory.
//   node examples/copy-between-registries.mjs localhost:5000/a/app localhost:5001/b/app TAG
import { copyImage } from "@tsbuild/oci";
import { createRegistryClient } from "@tsbuild/registry-client";

const [source = "", target = "", tag = "latest"] = process.argv.slice(2);

const client = createRegistryClient();
try {
  const copied = await copyImage(client.repository(source), client.repository(target), tag);
  console.log(copied.digest);
} finally {
  await client.close();
}
