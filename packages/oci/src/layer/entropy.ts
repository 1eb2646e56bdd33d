/** How many bytes of a piece are looked at: every sixteenth of 64 KiB. */
const STEP = 16;
/** Bits per byte above which deflate gains nothing; random bytes come to 7.95 in such a sample. */
const DENSE = 7.85;

/**
 * Guesses, from the frequencies of a sample of its bytes, whether `piece` is packed already (pictures, archives), so
 * that deflating it would cost time and gain nothing.
 */
export function isDense(piece: Uint8Array): boolean {
  if (piece.length < 4096) return false;
  const counts = new Uint32Array(256);
  let samples = 0;
  // Runs of four bytes, so that files of records do not always show the same field.
  for (let at = 0; at + 4 <= piece.length; at += 4 * STEP) {
    for (let next = at; next < at + 4; next++) {
      const byte = piece[next] as number;
      counts[byte] = (counts[byte] as number) + 1;
    }
    samples += 4;
  }
  return entropyOf(counts, samples) > DENSE;
}

function entropyOf(counts: Uint32Array, samples: number): number {
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= (count / samples) * Math.log2(count / samples);
  return bits;
}
