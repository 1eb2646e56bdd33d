// @ts-check
// Assembles a base image from this machine's own Node: its binary and the shared libraries it needs. No root, no RUN,
// no registry: an image is data.   node examples/base-image.mjs NAME
import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { defaultRoot, extendImage, hostPlatform, openStore, scratch, writeLayer } from "@tsbuild/oci";

/**
 * The files that this very process has loaded: `report` knows them without any other program.
 *
 * @returns {string[]}
 */
function loadedLibraries() {
  const { sharedObjects } = /** @type {{ sharedObjects: string[] }} */ (process.report.getReport());
  return sharedObjects.filter((name) => name.startsWith("/") && !name.endsWith(".node"));
}

/**
 * @param {import("@tsbuild/oci").LocalStore} store
 * @param {string} name
 */
export async function assembleNodeBase(store, name) {
  const libraries = await writeLayer(
    store,
    loadedLibraries().map((path) => ({ path: path.slice(1), mode: 0o755, content: { file: realpathSync(path) } })),
  );
  const node = await writeLayer(store, [
    { path: "usr/bin/node", mode: 0o755, content: { file: realpathSync(process.execPath) } },
    { path: "etc/passwd", content: "root:x:0:0:root:/root:/sbin/nologin\nnode:x:1000:1000:node:/app:/sbin/nologin\n" },
    { path: "etc/group", content: "root:x:0:\nnode:x:1000:\n" },
    { path: "tmp", type: "directory", mode: 0o1777 },
  ]);
  const image = await extendImage(store, scratch(hostPlatform()), {
    layers: [libraries, node],
    config: { Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], Cmd: ["/usr/bin/node"] },
  });
  await store.tag(image.descriptor, name);
  return image;
}

if (import.meta.filename === process.argv[1]) {
  const store = await openStore(defaultRoot(process.env, homedir()));
  try {
    const image = await assembleNodeBase(store, process.argv[2] ?? "docker.io/tsbuild/node:demo");
    console.log(image.descriptor.digest);
  } finally {
    await store.close();
  }
}
