import { createImageResolver } from "@tsbuild/builder";
import {
  bytesOf,
  canonicalJson,
  type Descriptor,
  digestOf,
  type FileEntry,
  formatReference,
  hostPlatform,
  type ImageConfig,
  type LocalStore,
  MEDIA_TYPE,
  parseReference,
  readImage,
  withDefaultTag,
  writeImage,
  writeLayer,
} from "@tsbuild/oci";
import type { RegistryClient } from "@tsbuild/registry-client";
import type { BuildCase, CaseStep } from "./build-case-format.ts";

/** What stands for an image on this machine, by the last part of its name. */
const STAND_INS: Readonly<Record<string, string>> = {
  busybox: "busybox:latest",
  alpine: "alpine:latest",
  debian: "debian:bookworm-slim",
  ubuntu: "debian:bookworm-slim",
  // These serve for their users, groups and shells; whatever asks for their packages is not run.
  centos: "debian:bookworm-slim",
  fedora: "debian:bookworm-slim",
  ubi: "debian:bookworm-slim",
  baseimage: "debian:bookworm-slim",
};

/** The images to make before the first case. */
export const NEEDED_IMAGES: readonly string[] = ["busybox", "alpine", "debian"];

/** The image of basekit that stands for `base` in a case; undefined: there is none. */
export function standInFor(base: string, one: BuildCase): string | undefined {
  return STAND_INS[lastPart(base)] ?? (isOnlyCopiedTo(one) ? ANY_IMAGE : undefined);
}

const ANY_IMAGE = "debian:bookworm-slim";

/** Nothing of its images is run or taken: any image will do to copy files to. */
function isOnlyCopiedTo({ steps }: BuildCase): boolean {
  const text = steps.map(({ dockerfile }) => dockerfile ?? "").join("\n");
  return /^\s*(?:COPY|ADD)\s/im.test(text) && !/^\s*RUN\s|--from=(?!\d+\s)/im.test(text);
}

function lastPart(name: string): string {
  return name.replace(/@.*/, "").split("/").at(-1)?.replace(/:.*/, "") ?? "";
}

/** The images from outside that a case needs: no stage of it, none that an earlier step makes, no named context. */
export function externalBases({ bases, steps }: BuildCase): readonly string[] {
  const own = new Set(["scratch", ...steps.flatMap(({ image_names }) => image_names ?? [])]);
  for (const { dockerfile, options } of steps) {
    for (const [, name = ""] of (dockerfile ?? "").matchAll(/^\s*FROM\s.*?\sAS\s+(\S+)/gim))
      own.add(name.toLowerCase());
    for (const name of Object.keys(options.named_contexts ?? {})) own.add(name);
    // A trigger names what the image that it is for brings along.
    for (const [, name = ""] of (dockerfile ?? "").matchAll(/^\s*ONBUILD\s.*--from=(\S+)/gim)) own.add(name);
  }
  const isOwn = (base: string): boolean => own.has(base) || own.has(base.toLowerCase()) || base.startsWith("<");
  return [...new Set([...bases, ...steps.flatMap(composedBases), ...steps.flatMap(contextImages)])].filter(
    (base) => !isOwn(base),
  );
}

/** Images that named contexts bring in. */
function contextImages({ options }: CaseStep): readonly string[] {
  const places = Object.values(options.named_contexts ?? {});
  return places.flatMap((place) => (typeof place === "string" ? (place.split(/^docker-image:\/\//)[1] ?? []) : []));
}

/** Names of images that are put together from ARGs. */
function composedBases({ dockerfile, options }: CaseStep): readonly string[] {
  const text = dockerfile ?? "";
  const values = new Map(Object.entries(options.build_args ?? {}));
  const head = text.slice(0, text.search(/^\s*FROM\s/im));
  for (const [, name = "", value = ""] of head.matchAll(/^\s*ARG\s+(\w+)=(\S*)/gim))
    if (!values.has(name)) values.set(name, value.replace(/["']/g, ""));
  return [...text.matchAll(/^\s*FROM\s+(?:--\S+\s+)*(\S+)/gim)].flatMap(([, image = ""]) => {
    const name = image.replace(/\$\{?(\w+)\}?/g, (_, variable: string) => values.get(variable) ?? "");
    return name !== image && STAND_INS[lastPart(name)] !== undefined ? [name] : [];
  });
}

/** The images that the cases start from, in a store of ours. */
export interface Bases {
  /** Makes `name` an image of the store: what stands for it. */
  provide(name: string, standIn: string): Promise<void>;
}

/** What images of these names have and their stand-ins have not. */
const ADDED_FILES: Readonly<Record<string, readonly FileEntry[]>> = {
  alpine: [{ path: "etc/alpine-release", content: "3.19.0\n" }],
  // Its shell is bash.
  centos: [{ path: "usr/bin/sh", type: "symlink", linkTarget: "bash" }],
};

/** The stand-ins' programs run on this machine only; their files are as good as any. */
const ARCHITECTURES: readonly string[] = ["amd64", "arm64"];

/**
 * Stand-ins with the config that BuildKit's judge gave to every image: what was said about a case holds whatever its
 * image is called. A name with a digest is provided without it, as no stand-in has that digest.
 */
export function createBases(store: LocalStore, registry: RegistryClient, config: ImageConfig): Bases {
  const made = new Map<string, Promise<Descriptor>>();
  return {
    async provide(name, standIn) {
      const plain = name.replace(/@.*/, "");
      const last = lastPart(name);
      const index = made.get(last) ?? makeStandIn({ store, registry, config }, standIn, ADDED_FILES[last]);
      made.set(last, index);
      await store.tag(await index, formatReference(withDefaultTag(parseReference(plain))));
    },
  };
}

interface Workshop {
  readonly store: LocalStore;
  readonly registry: RegistryClient;
  readonly config: ImageConfig;
}

async function makeStandIn(
  { store, registry, config }: Workshop,
  standIn: string,
  added: readonly FileEntry[] | undefined,
): Promise<Descriptor> {
  const reference = formatReference(parseReference(standIn));
  const platform = hostPlatform();
  await createImageResolver({ store, registry })(reference, platform);
  const image = await readImage(store, reference, { platform });
  const layers = added === undefined ? image.layers : [...image.layers, await writeLayer(store, added)];
  const [first = {}, ...others] = config.history ?? [];
  const history = [...layers.map(() => first), ...others];
  const rootfs = { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) } as const;
  const manifests = [];
  for (const architecture of ARCHITECTURES) {
    const { descriptor } = await writeImage(store, { config: { ...config, architecture, history, rootfs }, layers });
    manifests.push({ ...descriptor, platform: { os: "linux", architecture } });
  }
  const bytes = canonicalJson({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests });
  const index = { mediaType: MEDIA_TYPE.ociIndex, digest: digestOf(bytes), size: bytes.length };
  await store.push(index, () => bytesOf(bytes));
  return index;
}

/** A Dockerfile's text with the digests of base images left out. */
export function withoutDigests(text: string): string {
  return text.replace(/@sha256:[0-9a-f]{64}\b/g, "");
}
