// @ts-check
// Describes an image in code instead of a Dockerfile; both compile to the same graph.
//   node examples/build-fluent.mjs BASE FOLDER LAYOUT
import { createBuilder, from, local, toLayout } from "@tsbuild/builder";

const [base = "docker.io/tsbuild/node:demo", folder = ".", layout = "./out"] = process.argv.slice(2);

const app = from(base)
  .workdir("/app")
  .copy(local(folder, { exclude: ["node_modules", "**/*.log"] }), "/", "/app/")
  .env({ NODE_ENV: "production" })
  .run(["/usr/bin/node", "-e", "require('fs').writeFileSync('/app/built', 'yes')"])
  .config({ Entrypoint: ["/usr/bin/node"], Cmd: ["server.mjs"], User: "1000:1000" });

const builder = await createBuilder({ root: process.env.TSBUILD_ROOT });
try {
  const { image } = await builder.build(app, { output: [toLayout(layout, "app:1.0")] });
  console.log(image.digest);
} finally {
  await builder.close();
}
