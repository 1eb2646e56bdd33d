import { TsbuildError } from "../error.ts";
import { BLOCK, tarPadding } from "./block.ts";
import { isZeroBlock, parseHeader, type RawHeader } from "./header.ts";
import { noOverrides, type Overrides, toEntry, withPax } from "./overrides.ts";
import { gnuSparseMap, paxSparse } from "./sparse.ts";
import { mustRead, type SparseSpan, type StoredEntry, type TarSteps, truncated } from "./step.ts";

/** No honest PAX header, long name or sparse map is bigger (Go and GNU tar cap them alike). */
const META_LIMIT = 1 << 20;

/**
 * The grammar of a tar, free of any I/O: one coroutine serves the reader of a stream and the scanner of a file.
 * It ends at the end marker, or where the archive ends between two entries.
 *
 * @throws TsbuildError TAR_INVALID
 */
export function* tarSteps(): TarSteps {
  let overrides = noOverrides();
  for (;;) {
    const block = yield { read: BLOCK };
    if (block === undefined) return endOfInput(overrides);
    if (isZeroBlock(block)) return yield* endMarker();
    const header = parseHeader(block);
    const gnuSparse = header.flag === "S" ? yield* gnuSparseMap(header, Buffer.from(block)) : undefined;
    const next = yield* metaEntry(header, overrides);
    if (next !== undefined) {
      overrides = next;
      continue;
    }
    yield* realEntry(header, overrides, gnuSparse);
    overrides = noOverrides();
  }
}

/** Reads an entry that only describes the next one; undefined where `header` is no such entry. */
function* metaEntry(header: RawHeader, overrides: Overrides): TarSteps<Overrides | undefined> {
  switch (header.flag) {
    case "x":
      return withPax(overrides, yield* metaBody(header));
    // Global headers (a commit id by `git archive`) are passed over, as the container engines do.
    case "g":
      yield* metaBody(header);
      return overrides;
    case "L":
      return { ...overrides, path: untilNul(yield* metaBody(header)) };
    case "K":
      return { ...overrides, linkName: untilNul(yield* metaBody(header)) };
    // A volume label.
    case "V":
      return overrides;
    default:
      return undefined;
  }
}

function* metaBody(header: RawHeader): TarSteps<Buffer> {
  if (header.size < 0 || header.size > META_LIMIT)
    throw new TsbuildError("TAR_INVALID", `tar has a header of ${header.size} bytes, more than ${META_LIMIT}`);
  const body = yield* mustRead(header.size + tarPadding(header.size));
  return body.subarray(0, header.size);
}

function* realEntry(header: RawHeader, overrides: Overrides, gnuSparse: readonly SparseSpan[] | undefined): TarSteps {
  const { entry, stored } = toEntry(header, overrides);
  if (gnuSparse !== undefined) {
    yield { found: checkedSparse({ entry, stored, sparse: gnuSparse }) };
    return;
  }
  const pax = yield* paxSparse(overrides, stored);
  yield { found: pax === undefined ? { entry, stored } : checkedSparse({ entry, ...pax }) };
}

function checkedSparse(found: Required<StoredEntry>): StoredEntry {
  let end = 0;
  let total = 0;
  for (const span of found.sparse) {
    if (span.offset < end || span.size < 0) throw sparseInvalid(found.entry.path);
    end = span.offset + span.size;
    total += span.size;
  }
  if (end > found.entry.size || total !== found.stored || found.entry.type !== "file")
    throw sparseInvalid(found.entry.path);
  return found;
}

function sparseInvalid(path: string): TsbuildError {
  return new TsbuildError("TAR_INVALID", `tar has a malformed sparse file: ${JSON.stringify(path)}`);
}

function* endMarker(): TarSteps {
  const second = yield { read: BLOCK };
  if (second !== undefined && !isZeroBlock(second))
    throw new TsbuildError("TAR_INVALID", "tar has a block of zeros between two entries");
}

function endOfInput(overrides: Overrides): void {
  if (overrides.records.length > 0 || overrides.path || overrides.linkName) throw truncated();
}

function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}
