import { describe, expect, test } from "vitest";
import { parseImageConfig } from "./config.ts";
import { TsbuildError } from "./error.ts";
import { canonicalJson } from "./json.ts";
import { parseIndex, parseManifest } from "./manifest.ts";
import { MEDIA_TYPE } from "./media-type.ts";
import { JSON_LIMIT } from "./shape.ts";

const digest = `sha256:${"0".repeat(64)}`;
const config = { mediaType: MEDIA_TYPE.ociConfig, digest, size: 2 };
const manifest = { schemaVersion: 2, config, layers: [] };
const image = { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } };

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return TsbuildError.is(error) ? error.code : String(error);
  }
}

describe("parseManifest", () => {
  test("takes OCI's and Docker's manifests, keeping what it does not know", () => {
    for (const mediaType of [undefined, MEDIA_TYPE.ociManifest, MEDIA_TYPE.dockerManifest])
      expect(parseManifest(canonicalJson({ ...manifest, mediaType, other: 1 }))).toMatchObject({
        config,
        layers: [],
        other: 1,
      });
  });

  test.each<[string, unknown]>([
    ["schema 1", { schemaVersion: 1, name: "x", fsLayers: [] }],
    ["a manifest that is also an index", { ...manifest, manifests: [] }],
    ["the media type of an index", { ...manifest, mediaType: MEDIA_TYPE.ociIndex }],
    ["a size that is negative", { ...manifest, config: { ...config, size: -1 } }],
    ["a size that is no whole number", { ...manifest, config: { ...config, size: 1.5 } }],
    ["a size beyond 2^53", { ...manifest, config: { ...config, size: 2 ** 60 } }],
    ["a digest of another algorithm", { ...manifest, config: { ...config, digest: `md5:${"0".repeat(32)}` } }],
    ["a digest with a path in it", { ...manifest, config: { ...config, digest: "sha256:../../../../etc/passwd" } }],
    ["no layers", { schemaVersion: 2, config }],
    ["a list", []],
    ["a number", 7],
  ])("refuses %s", (_, value) => {
    expect(codeOf(() => parseManifest(canonicalJson(value)))).toBe("MANIFEST_INVALID");
  });

  test.each<[string, Uint8Array]>([
    ["no JSON", Buffer.from("{")],
    ["a byte order mark", Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), canonicalJson(manifest)])],
    ["broken UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["too much", Buffer.alloc(JSON_LIMIT + 1, " ")],
    ["deep nesting", Buffer.from("[".repeat(1_000_000))],
  ])("refuses %s", (_, bytes) => {
    expect(codeOf(() => parseManifest(bytes))).toBe("MANIFEST_INVALID");
  });

  test("a member called __proto__ changes no prototype", () => {
    const text = `{"__proto__":{"polluted":true},"schemaVersion":2,"config":${JSON.stringify(config)},"layers":[]}`;
    parseManifest(Buffer.from(text));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

test("parseIndex refuses what is also a manifest", () => {
  const index = { schemaVersion: 2, manifests: [{ ...config, mediaType: MEDIA_TYPE.ociManifest }] };
  expect(parseIndex(canonicalJson(index)).manifests).toHaveLength(1);
  expect(codeOf(() => parseIndex(canonicalJson({ ...index, layers: [] })))).toBe("MANIFEST_INVALID");
  expect(codeOf(() => parseIndex(canonicalJson({ ...index, config })))).toBe("MANIFEST_INVALID");
});

describe("parseImageConfig", () => {
  test("takes null for absent, as Docker writes it", () => {
    const config = { Env: null, Cmd: null, Volumes: null, Labels: null, User: "app", Healthcheck: { Test: ["NONE"] } };
    const parsed = parseImageConfig(canonicalJson({ ...image, config, history: null, docker_version: "27" }));
    expect(parsed).toEqual({
      ...image,
      config: { User: "app", Healthcheck: { Test: ["NONE"] } },
      docker_version: "27",
    });
  });

  test.each<[string, unknown]>([
    ["no architecture", { ...image, architecture: undefined }],
    ["no rootfs", { ...image, rootfs: undefined }],
    ["a diffId that is no digest", { ...image, rootfs: { type: "layers", diff_ids: ["x"] } }],
    ["Env that is no list", { ...image, config: { Env: "A=1" } }],
    ["a null in a list", { ...image, config: { Cmd: [null] } }],
    ["a label that is no text", { ...image, config: { Labels: { a: 1 } } }],
  ])("refuses %s", (_, value) => {
    expect(codeOf(() => parseImageConfig(canonicalJson(value)))).toBe("CONFIG_INVALID");
  });
});
