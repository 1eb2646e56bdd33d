import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** The floors of the house, top first: a package may use only those named behind it. */
const floors: Readonly<Record<string, readonly string[]>> = {
  cli: ["builder", "runtime", "registry-client", "oci", "parser"],
  builder: ["runtime", "registry-client", "oci", "parser"],
  runtime: ["oci"],
  "registry-client": ["oci"],
  oci: [],
  parser: [],
};

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Doors besides the front door that sources may use: `tsbuild registry serve` is the in-process registry. */
const sideDoors: readonly string[] = ["cli: @tsbuild/registry-client/testing"];

const IMPORT = /(?:from|import)\s*\(?\s*"([^"]+)"/g;

for (const [name, below] of Object.entries(floors)) {
  test(`the manifest of ${name} names only floors below it`, () => {
    const manifest = JSON.parse(readFileSync(`packages/${name}/package.json`, "utf8")) as {
      dependencies?: Record<string, string>;
    };
    const used = Object.keys(manifest.dependencies ?? {})
      .filter((dependency) => dependency.startsWith("@tsbuild/"))
      .map((dependency) => dependency.slice("@tsbuild/".length));
    expect(below).toEqual(expect.arrayContaining(used));
  });

  test(`the sources of ${name} import other packages by their front door only`, () => {
    const bad: string[] = [];
    for (const file of sources(`packages/${name}/src`)) {
      for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(IMPORT)) {
        if (!specifier.startsWith("@tsbuild/")) continue;
        const [target = "", ...rest] = specifier.slice("@tsbuild/".length).split("/");
        const side = rest.join("/") === "testing" && file.endsWith(".test.ts");
        const door = rest.length === 0 || side || sideDoors.includes(`${name}: ${specifier}`);
        const self = target === name && file.endsWith(".test.ts");
        if (!door || !(self || below.includes(target) || file.endsWith(".test.ts"))) bad.push(`${file}: ${specifier}`);
      }
    }
    expect(bad).toEqual([]);
  });
}

test("the parser knows no Node module", () => {
  const bad = sources("packages/parser/src")
    .filter((file) => !file.endsWith(".test.ts"))
    .filter((file) => readFileSync(file, "utf8").includes('"node:'));
  expect(bad).toEqual([]);
});
