import { familiarName, type LocalStore, parseReference } from "@tsbuild/oci";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { renderError } from "../report.ts";
import { withStore } from "../session.ts";
import { findStored, imageId, imageSize, type StoredImage } from "../stored-image.ts";
import { renderTemplate } from "../text/template.ts";
import { usageError } from "../usage-error.ts";
import { type InspectPlaceOptions, inspectPlace, isPlace } from "./inspect-place.ts";

interface Options extends InspectPlaceOptions {
  readonly type?: string;
}

export function configure(command: Command, context: Context): void {
  command
    .argument("<image...>", "names or ids; or places: docker://REFERENCE, oci:FOLDER[:NAME], oci-archive:FILE[:NAME]")
    .option("-f, --format <template>", "json, or a template: {{json .Config}}, {{.Id}}")
    .option("--type <type>", "image: the only type there is")
    .option("--raw", "of a place: its manifest or index, byte for byte")
    .option("--manifest", "of a place: the manifest of one platform's image")
    .option("--config", "of a place: the config of one platform's image")
    .option("--platform <platform>", "of a place: os/arch[/variant]")
    .action(async (images: string[], options: Options) => {
      const places = images.filter((text) => isPlace(text) || ofPlaces(options));
      for (const text of places) await inspectPlace(context, text, options);
      const names = images.filter((text) => !places.includes(text));
      if (names.length > 0) await withStore(context, (store) => inspect(store, context, { ...options, images: names }));
    });
}

/** Flags that only make sense for a place: a bare name is then a reference of a registry. */
function ofPlaces({ raw, manifest, config, platform }: Options): boolean {
  return raw === true || manifest === true || config === true || platform !== undefined;
}

/** As Docker: what is found is printed, even where something else is not. */
async function inspect(
  store: LocalStore,
  context: Context,
  options: Options & { readonly images: readonly string[] },
): Promise<void> {
  if (options.type !== undefined && options.type !== "image") {
    throw usageError(`--type ${options.type}: tsbuild keeps images only`);
  }
  const found: unknown[] = [];
  for (const text of options.images) {
    try {
      found.push(description(await findStored(store, text, { signal: context.signal })));
    } catch (error) {
      context.note(renderError(error));
      context.exit(1);
    }
  }
  const { format } = options;
  if (format === undefined) context.print(JSON.stringify(found, null, 4));
  else for (const item of found) context.print(format === "json" ? JSON.stringify(item) : renderTemplate(format, item));
}

/** The fields of `docker image inspect` that mean something without a daemon. */
function description(stored: StoredImage): Record<string, unknown> {
  const { image, descriptor, names } = stored;
  const repositories = [...new Set(names.map((name) => repositoryOf(name)))];
  return {
    Id: imageId(stored),
    RepoTags: names.map((name) => familiarName(parseReference(name))),
    RepoDigests: repositories.map((repository) => `${repository}@${descriptor.digest}`),
    Created: image?.config.created ?? "",
    Author: image?.config.author ?? "",
    Architecture: image?.config.architecture ?? "",
    ...(image?.config.variant === undefined ? {} : { Variant: image.config.variant }),
    Os: image?.config.os ?? "",
    Size: image === undefined ? 0 : imageSize(image),
    Config: image?.config.config ?? {},
    RootFS: { Type: "layers", Layers: image?.config.rootfs.diff_ids ?? [] },
    Descriptor: descriptor,
  };
}

function repositoryOf(name: string): string {
  const { registry, repository } = parseReference(name);
  return familiarName({ registry, repository });
}
