import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chainIds, parseDescriptor, parseImageConfig, parseIndex, parseManifest, TsbuildError } from "@tsbuild/oci";
import { Ajv, type ValidateFunction } from "ajv";
import { describe, expect, test } from "vitest";
import { parseLayoutHeader } from "../../packages/oci/src/content/layout-header.ts";
import { CONFORMANCE_DIR, suiteOf } from "./cases.ts";

interface DocumentCase {
  readonly id: string;
  readonly mediaType: string;
  readonly valid: boolean;
  readonly document: string;
  readonly beyond_schema?: unknown;
}

const READERS: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  "application/vnd.oci.descriptor.v1+json": parseDescriptor,
  "application/vnd.oci.image.manifest.v1+json": parseManifest,
  "application/vnd.oci.image.index.v1+json": parseIndex,
  "application/vnd.oci.image.config.v1+json": parseImageConfig,
  "application/vnd.oci.layout.header.v1+json": parseLayoutHeader,
};

/** Valid by the specification, refused here: content of a digest that cannot be computed cannot be trusted. */
const usesForeignDigest = (document: string): boolean =>
  [...document.matchAll(/"([a-z0-9+._-]+):[^":\s/]{4,}"/g)].some(
    ([, algorithm = ""]) => !/^sha(?:256|512)$/.test(algorithm),
  );

function reads({ mediaType, document }: DocumentCase): boolean {
  try {
    READERS[mediaType]?.(Buffer.from(document));
    return true;
  } catch (error) {
    if (error instanceof TsbuildError) return false;
    throw error;
  }
}

for (const name of ["documents", "examples"]) {
  const cases = suiteOf<DocumentCase>(`imagespec/${name}.json`) ?? [];
  if (cases.length === 0) test.skip(`imagespec/${name} (needs the conformance data)`, () => undefined);
  describe.skipIf(cases.length === 0)(`imagespec/${name}`, () => {
    const known = cases.filter(({ mediaType }) => mediaType in READERS);
    test.each(known.map((input) => [input.id, input] as const))("%s", (_, input) => {
      const isRead = reads(input);
      if (input.valid && !isRead) expect(usesForeignDigest(input.document)).toBe(true);
      else expect(isRead).toBe(input.valid);
    });
  });
}

const schemaNames: Readonly<Record<string, string>> = {
  "application/vnd.oci.descriptor.v1+json": "content-descriptor.json",
  "application/vnd.oci.image.manifest.v1+json": "image-manifest-schema.json",
  "application/vnd.oci.image.index.v1+json": "image-index-schema.json",
  "application/vnd.oci.image.config.v1+json": "config-schema.json",
};

// The schemas are of draft 4, whose `id` ajv does not know, and refer to each other by file name.
function schemas(): (mediaType: string) => ValidateFunction {
  const folder = join(CONFORMANCE_DIR, "imagespec/schema");
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const withoutIds = (key: string, value: unknown): unknown =>
    key === "$schema" || (key === "id" && typeof value === "string") ? undefined : value;
  for (const file of readdirSync(folder))
    ajv.addSchema(JSON.parse(readFileSync(join(folder, file), "utf8"), withoutIds), `https://schema.test/${file}`);
  return (mediaType) => ajv.getSchema(`https://schema.test/${schemaNames[mediaType]}`) as ValidateFunction;
}

const documents = suiteOf<DocumentCase>("imagespec/documents.json") ?? [];
describe.skipIf(documents.length === 0)("our readers and the schemas (needs the conformance data)", () => {
  test("refuse the same documents, but for what a schema does not see", () => {
    const schemaOf = schemas();
    for (const input of documents.filter(({ mediaType }) => mediaType in schemaNames)) {
      const bySchema = acceptedBy(schemaOf(input.mediaType), input.document);
      const expected = bySchema && input.beyond_schema === undefined && !usesForeignDigest(input.document);
      expect([input.id, reads(input)]).toEqual([input.id, expected]);
    }
  });
});

function acceptedBy(validate: ValidateFunction, document: string): boolean {
  try {
    return validate(JSON.parse(document));
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

interface ChainCase {
  readonly id: string;
  readonly diffIDs: readonly `sha256:${string}`[];
  readonly chainIDs: readonly string[];
}

const chains = suiteOf<ChainCase>("imagespec/chainid.json") ?? [];
if (chains.length === 0) test.skip("imagespec/chainid (needs the conformance data)", () => undefined);
describe.skipIf(chains.length === 0)("imagespec/chainid", () => {
  test.each(chains.map((input) => [input.id, input] as const))("%s", (_, { diffIDs, chainIDs }) => {
    expect(chainIds(diffIDs)).toEqual(chainIDs);
  });
});
