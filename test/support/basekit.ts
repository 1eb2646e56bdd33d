import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { exec, isRoot, succeed } from "./tsbuild.ts";

/** Where the stand-in base images come from. The product does not need them; where they are absent, suites skip by name. */
const FOLDER: string = resolve(process.env.BASEKIT_DIR ?? "../shared/basekit");

/** Why basekit can not be used here; undefined: it can. */
export const basekitMissing: string | undefined = !existsSync(join(FOLDER, "basekit"))
  ? "needs ../shared/basekit"
  : isRoot
    ? undefined
    : "basekit needs root";

/** The folder of basekit's own samples. */
export const basekitSamples: string = join(FOLDER, "samples");

/** A local registry that serves base images under Docker Hub's names. */
export interface Basekit {
  /** `127.0.0.1:PORT`. */
  readonly registry: string;
  /** registries.conf that sends docker.io there: for skopeo and buildah. */
  readonly registriesConf: string;
  close(): Promise<void>;
}

/** Makes the images (from a cache, after the first time) and serves them on a free port. */
export async function serveBasekit(images: readonly string[]): Promise<Basekit> {
  const tool = join(FOLDER, "basekit");
  await succeed(tool, ["make", ...images]);
  const exports = await succeed(tool, ["serve", "--port", "0"]);
  const value = (name: string): string => new RegExp(`${name}=["']?([^"'\\s;]+)`).exec(exports)?.[1] ?? "";
  const port = value("BASEKIT_PORT");
  return {
    registry: value("BASEKIT_REGISTRY"),
    registriesConf: value("CONTAINERS_REGISTRIES_CONF"),
    close: async () => {
      await exec(tool, ["stop", "--port", port]);
    },
  };
}
