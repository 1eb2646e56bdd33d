import { digestOf, type ImageConfig, TsbuildError } from "@tsbuild/oci";
import { parseDockerfile } from "@tsbuild/parser";
import { compileDockerfile } from "../../packages/builder/src/dockerfile/compile.ts";
import type { CompileOptions, ResolvedImage } from "../../packages/builder/src/dockerfile/compile-options.ts";
import type { Compiled } from "../../packages/builder/src/graph/compiled.ts";
import type { Op, Vertex } from "../../packages/builder/src/graph/op.ts";
import { verticesOf } from "../../packages/builder/src/graph/vertex.ts";

/** Images of an imagined registry by full name. */
export type FakeImages = Readonly<Record<string, Partial<ImageConfig>>>;

/** A config with one layer, for what a test does not care about. */
export function imageConfig(part: Partial<ImageConfig> = {}): ImageConfig {
  const diff_ids = [digestOf("base")];
  return { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids }, ...part };
}

/** A registry that has every image, and those of `images` with their configs. `asked` fills with the names asked for. */
export function fakeRegistry(images: FakeImages = {}, asked: string[] = []) {
  return {
    async resolveImage(reference: string): Promise<ResolvedImage> {
      asked.push(reference);
      if (reference.includes("missing")) throw new TsbuildError("IMAGE_NOT_FOUND", `no image ${reference}`);
      return { reference, digest: digestOf(reference), config: imageConfig(images[reference]) };
    },
  };
}

/** Compiles a Dockerfile's text for linux/amd64. */
export async function compileText(
  text: string,
  options: Partial<CompileOptions> = {},
  images: FakeImages = {},
): Promise<Compiled> {
  const platform = { os: "linux", architecture: "amd64" };
  return await compileDockerfile(parseDockerfile(text), { platform, ...options }, fakeRegistry(images));
}

/** The step whose name ends in `text`. */
export function stepNamed(compiled: Compiled, text: string): Vertex {
  const found = verticesOf(compiled.root).find((vertex) => vertex.meta.name.endsWith(text));
  if (found === undefined) throw new Error(`no step ${text} in ${namesOf(compiled).join("; ")}`);
  return found;
}

/** The op of the last step, which is of this type. */
export function lastOp<Type extends Op["type"]>(compiled: Compiled, type: Type): Extract<Op, { type: Type }> {
  const op = compiled.root?.op;
  if (op?.type !== type) throw new Error(`the last step is ${op?.type}, not ${type}`);
  return op as Extract<Op, { type: Type }>;
}

/** The names of all steps, inputs before users. */
export function namesOf(compiled: Compiled): readonly string[] {
  return verticesOf(compiled.root).map((vertex) => vertex.meta.name);
}
