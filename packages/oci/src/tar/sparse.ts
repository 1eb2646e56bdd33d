import { TsbuildError } from "../error.ts";
import { BLOCK } from "./block.ts";
import { numberAt, type RawHeader } from "./header.ts";
import { type Overrides, recordOf } from "./overrides.ts";
import { mustRead, type SparseSpan, type TarSteps } from "./step.ts";

/** How a sparse file is stored: the map, and the bytes of content after it. */
export interface SparseBody {
  readonly sparse: readonly SparseSpan[];
  readonly stored: number;
}

const HEADER_SPANS = 386;
const HEADER_COUNT = 4;
const EXTENSION_COUNT = 21;
const SPAN_BYTES = 24;
/** A file of a million holes is not honest. */
const SPAN_LIMIT = 1 << 20;

/**
 * The map of a file stored by GNU's own sparse format (type `S`): four spans in the header, more in blocks after it.
 * @throws TsbuildError TAR_INVALID
 */
export function* gnuSparseMap(header: RawHeader, block: Buffer): TarSteps<SparseSpan[]> {
  if (!header.gnu) throw new TsbuildError("TAR_INVALID", "tar has a GNU sparse file without GNU's magic word");
  const spans = spansAt(block, HEADER_SPANS, HEADER_COUNT);
  let more = block[482] !== 0;
  while (more) {
    const extension = yield* mustRead(BLOCK);
    spans.push(...spansAt(extension, 0, EXTENSION_COUNT));
    checkCount(spans.length);
    more = extension[504] !== 0;
  }
  return spans;
}

/**
 * The map of a file stored by one of the PAX sparse formats (0.0, 0.1, 1.0); undefined where the file is not sparse.
 * @throws TsbuildError TAR_INVALID
 */
export function* paxSparse(overrides: Overrides, stored: number): TarSteps<SparseBody | undefined> {
  const major = recordOf(overrides, "GNU.sparse.major")?.toString("latin1");
  const minor = recordOf(overrides, "GNU.sparse.minor")?.toString("latin1");
  if (major === "1" && minor === "0") return yield* bodyMap(stored);
  const map = recordOf(overrides, "GNU.sparse.map");
  if (map !== undefined) return { sparse: pairs(map.toString("latin1").split(",")), stored };
  if (recordOf(overrides, "GNU.sparse.numblocks") === undefined) return undefined;
  // Format 0.0 repeats two keys in turn.
  const numbers = overrides.records.filter(([key]) => key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes");
  return { sparse: pairs(numbers.map(([, value]) => value.toString("latin1"))), stored };
}

/** Format 1.0: the body begins with the map, decimal lines filled up to a block. */
function* bodyMap(stored: number): TarSteps<SparseBody> {
  const numbers: string[] = [];
  let rest = "";
  let used = 0;
  let wanted = 1;
  while (numbers.length < wanted) {
    const lines = (rest + (yield* mustRead(BLOCK)).toString("latin1")).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length === 0) throw malformed();
    numbers.push(...lines);
    used += BLOCK;
    checkCount(decimal(numbers[0]));
    wanted = 1 + 2 * decimal(numbers[0]);
  }
  return { sparse: pairs(numbers.slice(1, wanted)), stored: stored - used };
}

function pairs(numbers: readonly string[]): SparseSpan[] {
  if (numbers.length % 2 !== 0) throw malformed();
  checkCount(numbers.length / 2);
  const spans: SparseSpan[] = [];
  for (let at = 0; at < numbers.length; at += 2)
    spans.push({ offset: decimal(numbers[at]), size: decimal(numbers[at + 1]) });
  return spans;
}

function spansAt(block: Buffer, start: number, count: number): SparseSpan[] {
  const spans: SparseSpan[] = [];
  for (let index = 0; index < count; index++) {
    const at = start + index * SPAN_BYTES;
    if (block[at] === 0) break;
    spans.push({ offset: numberAt(block, [at, 12]), size: numberAt(block, [at + 12, 12]) });
  }
  return spans;
}

function decimal(text: string | undefined): number {
  const value = Number(text);
  if (text === undefined || !/^[0-9]+$/.test(text) || !Number.isSafeInteger(value)) throw malformed();
  return value;
}

function checkCount(count: number): void {
  if (count > SPAN_LIMIT) throw malformed();
}

function malformed(): TsbuildError {
  return new TsbuildError("TAR_INVALID", "tar has a malformed map of a sparse file");
}
