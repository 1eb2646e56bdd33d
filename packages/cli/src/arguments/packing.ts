import type { Packing } from "@tsbuild/builder";
import { usageError } from "../usage-error.ts";
import { parseSwitch } from "./fields.ts";

/** BuildKit's words. */
const COMPRESSIONS: ReadonlyMap<string, NonNullable<Packing["compression"]>> = new Map([
  ["gzip", "gzip"],
  ["zstd", "zstd"],
  ["uncompressed", "none"],
]);
const HIGHEST = { gzip: 9, zstd: 22, none: 0 } as const;

/** Fields of `--output` that say how layers are packed. */
export const PACKING_FIELDS: readonly string[] = ["compression", "compression-level", "force-compression"];

/**
 * Reads them; undefined where there is none of them.
 * @throws TsbuildError USAGE
 */
export function parsePacking(fields: Readonly<Record<string, string>>, flag: string): Packing | undefined {
  if (PACKING_FIELDS.every((name) => fields[name] === undefined)) return undefined;
  const word = fields.compression ?? "gzip";
  const compression = COMPRESSIONS.get(word);
  if (compression === undefined)
    throw usageError(`${flag}: there is no compression ${JSON.stringify(word)}`, {
      hint: `known: ${[...COMPRESSIONS.keys()].join(", ")}`,
    });
  const level = parseLevel(fields["compression-level"], compression, flag);
  const force = parseSwitch(fields["force-compression"], `${flag}: force-compression`);
  return { compression, force, ...(level === undefined ? {} : { level }) };
}

/** BuildKit takes any level; what is out of bounds means the nearest there is. */
function parseLevel(text: string | undefined, compression: keyof typeof HIGHEST, flag: string): number | undefined {
  if (text === undefined || compression === "none") return undefined;
  if (!/^\d+$/.test(text)) throw usageError(`${flag}: compression-level ${text} is not a number`);
  return Math.min(Math.max(1, Number(text)), HIGHEST[compression]);
}
