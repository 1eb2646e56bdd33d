import { mkdtempSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Builder, createBuilder } from "@tsbuild/builder";
import type { ImageConfig, LocalStore } from "@tsbuild/oci";
import { createRegistryClient, type RegistryClient } from "@tsbuild/registry-client";
import { createRuntime, type Runtime } from "@tsbuild/runtime";
import { serveBasekit } from "../support/basekit.ts";
import { type Bases, createBases, NEEDED_IMAGES } from "./build-case-bases.ts";

/** What all cases share: one store, one builder, the images that they start from. */
export interface World {
  readonly folder: string;
  readonly store: LocalStore;
  readonly registry: RegistryClient;
  readonly builder: Builder;
  readonly bases: Bases;
  /** For what an assertion runs in a finished image. */
  runtime(): Promise<Runtime>;
  close(): Promise<void>;
}

/** Opens a world in a temporary folder of its own, in memory where there is enough of it. */
export async function openWorld(config: ImageConfig): Promise<World> {
  const folder = mkdtempSync(join(temporaryRoot(), "tsbuild-cases-"));
  const basekit = await serveBasekit(NEEDED_IMAGES);
  const registry = createRegistryClient({ mirrors: { "docker.io": [`http://${basekit.registry}`] } });
  const builder = await createBuilder({ root: join(folder, "store"), registry });
  const { store } = builder;
  let runtime: Promise<Runtime> | undefined;
  return {
    ...{ folder, store, registry, builder },
    bases: createBases(store, registry, config),
    runtime() {
      runtime ??= createRuntime({ root: store.folder("snapshots"), store });
      return runtime;
    },
    async close() {
      await (await runtime)?.close();
      await builder.close();
      await registry.close();
      await basekit.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function temporaryRoot(): string {
  const given = process.env.TSBUILD_TEST_TMP;
  if (given !== undefined) return given;
  return statSync("/dev/shm", { throwIfNoEntry: false })?.isDirectory() === true ? "/dev/shm" : "/tmp";
}
