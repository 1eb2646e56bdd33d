import type { FileDifference, ImageComparison } from "@tsbuild/builder";

/** A comparison as lines for people: config, layers, files. */
export function comparisonLines({ config, layers, files, total }: ImageComparison): readonly string[] {
  const more = total > files.length ? [`  and ${total - files.length} paths more`] : [];
  return [
    ...config.map(({ path, a, b }) => `config  ${path}: ${valueText(a)} -> ${valueText(b)}`),
    ...layers.map(({ index, a, b }) => `layer   ${index}: ${a ?? "none"} -> ${b ?? "none"}`),
    ...files.map(fileLine),
    ...more,
  ];
}

function fileLine({ path, only, changes, layerA, layerB }: FileDifference): string {
  const name = `/${path}`;
  if (only === "a") return `file    ${name}: removed (layer ${layerA})`;
  if (only === "b") return `file    ${name}: added (layer ${layerB})`;
  const details = changes.map(({ what, a, b }) => `${what} ${short(a)} -> ${short(b)}`).join(", ");
  const place = layerA === layerB ? `layer ${layerA}` : `layers ${layerA} -> ${layerB}`;
  return `file    ${name}: ${details} (${place})`;
}

function short(text: string): string {
  if (text === "") return "none";
  return text.startsWith("sha256:") ? text.slice(0, 19) : text;
}

function valueText(value: unknown): string {
  return value === undefined ? "none" : JSON.stringify(value);
}
