// @ts-check
// Assembles an image as pure data into an OCI layout: nothing runs, no root, no network.
//   node examples/assemble-image.mjs LAYOUT
import { extendImage, openLayout, scratch, writeLayer } from "@tsbuild/oci";

const layout = await openLayout(process.argv[2] ?? "./out", { create: true });
const layer = await writeLayer(layout, [{ path: "srv/hello.txt", content: "hi\n" }], { compression: "gzip" });
const image = await extendImage(layout, scratch("linux/amd64"), { layers: [layer], config: { Cmd: ["/srv/hello"] } });
await layout.tag(image.descriptor, "hello:1");
console.log(image.descriptor.digest);
