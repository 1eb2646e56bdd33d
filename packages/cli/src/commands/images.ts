import { familiarName, type LocalStore, parseReference } from "@tsbuild/oci";
import type { Command } from "commander";
import { collect } from "../arguments/fields.ts";
import type { Context } from "../context.ts";
import { withStore } from "../session.ts";
import { imageId, imageSize, listStored, type StoredImage, shortId, storeName } from "../stored-image.ts";
import { humanAge } from "../text/age.ts";
import { parseFormat, printRows } from "../text/rows.ts";
import { humanSize } from "../text/size.ts";
import { usageError } from "../usage-error.ts";

interface Options {
  readonly quiet?: boolean;
  readonly digests?: boolean;
  readonly trunc: boolean;
  readonly format?: string;
  readonly filter?: readonly string[];
}

export function configure(command: Command, context: Context): void {
  command
    .argument("[repository]", "only this repository, or repository:tag")
    .option("-q, --quiet", "print ids alone")
    .option("-a, --all", "accepted: steps of builds are not images here")
    .option("--digests", "show the manifests' digests")
    .option("-f, --filter <filter>", "reference=PATTERN, dangling=false", collect)
    .option("--no-trunc", "show ids in full")
    .option("--format <format>", "table, json, or a template: {{.Repository}}:{{.Tag}}")
    .action((repository: string | undefined, options: Options) =>
      withStore(context, (store) => images(store, context, { ...options, repository })),
    );
}

async function images(
  store: LocalStore,
  context: Context,
  options: Options & { readonly repository: string | undefined },
): Promise<void> {
  const filters = (options.filter ?? []).map(parseFilter);
  const rows = (await listStored(store, { signal: context.signal }))
    .flatMap((image) => image.names.map((name) => row(image, name, options.trunc)))
    .filter(({ name }) => options.repository === undefined || matches(name, options.repository))
    .filter(({ name }) => filters.every((passes) => passes(name)))
    .toSorted((a, b) => b.fields.CreatedAt.localeCompare(a.fields.CreatedAt) || a.name.localeCompare(b.name))
    .map(({ fields }) => fields);
  if (options.quiet) {
    for (const id of new Set(rows.map((fields) => fields.ID))) context.print(id);
    return;
  }
  const columns = [
    ["REPOSITORY", "Repository"],
    ["TAG", "Tag"],
    ...(options.digests ? [["DIGEST", "Digest"] as const] : []),
    ["IMAGE ID", "ID"],
    ["CREATED", "CreatedSince"],
    ["SIZE", "Size"],
  ] as const;
  printRows(context, rows, { format: parseFormat(options.format), columns });
}

function row(stored: StoredImage, name: string, truncate: boolean): { name: string; fields: Record<Field, string> } {
  const { tag = "<none>", ...repository } = parseReference(name);
  const id = imageId(stored);
  const created = stored.image?.config.created;
  return {
    name,
    fields: {
      Repository: familiarName(repository),
      Tag: tag,
      Digest: stored.descriptor.digest,
      ID: truncate ? shortId(id) : id,
      CreatedAt: created ?? "",
      CreatedSince: humanAge(created, Date.now()),
      Size: stored.image === undefined ? "N/A" : humanSize(imageSize(stored.image)),
    },
  };
}

type Field = "Repository" | "Tag" | "Digest" | "ID" | "CreatedAt" | "CreatedSince" | "Size";

function matches(name: string, wanted: string): boolean {
  const { repository, registry, tag } = parseReference(wanted);
  if (tag !== undefined) return name === storeName(wanted);
  return name.slice(0, name.lastIndexOf(":")) === `${registry}/${repository}`;
}

/** Only what has a name is listed, so nothing is ever dangling. In a pattern `*` stands for anything but `/`. */
function parseFilter(text: string): (name: string) => boolean {
  const [, key = "", value = ""] = /^([a-z]+)=(.*)$/s.exec(text) ?? [];
  if (key === "dangling") return () => value === "false" || value === "0";
  if (key !== "reference") throw usageError(`--filter ${text}: only reference=PATTERN and dangling=BOOLEAN are known`);
  const parts = value.split("*").map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&"));
  const pattern = new RegExp(`^${parts.join("[^/]*")}$`);
  return (name) => {
    const { tag: _, ...repository } = parseReference(name);
    return pattern.test(familiarName(parseReference(name))) || pattern.test(familiarName(repository));
  };
}
