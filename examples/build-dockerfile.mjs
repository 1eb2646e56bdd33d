// @ts-check
// Builds a Dockerfile.   node examples/build-dockerfile.mjs CONTEXT NAME
import { createBuilder } from "@tsbuild/builder";

const [context = ".", name = "docker.io/library/example:latest"] = process.argv.slice(2);

const builder = await createBuilder({ root: process.env.TSBUILD_ROOT });
try {
  const { image, steps } = await builder.buildDockerfile({ context, tags: [name] });
  for (const step of steps) console.log(step.cached ? "cached" : "ran   ", step.name);
  console.log(image.digest);
} finally {
  await builder.close();
}
