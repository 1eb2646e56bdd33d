/** Further apart than this, two words are not a slip of the pen. */
const MAX_DISTANCE = 2;

export interface SuggestOptions {
  /** @default true */
  readonly caseSensitive?: boolean;
}

/** The option that was probably meant by `word`, or undefined when none is near or `word` is itself an option. */
export function suggest(
  word: string,
  options: Iterable<string>,
  { caseSensitive = true }: SuggestOptions = {},
): string | undefined {
  const wanted = caseSensitive ? word : word.toLowerCase();
  let best: string | undefined;
  let bestDistance = MAX_DISTANCE + 1;
  for (const option of options) {
    const candidate = caseSensitive ? option : option.toLowerCase();
    if (candidate === wanted) return undefined;
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, candidate);
    if (distance > MAX_DISTANCE) continue;
    // Of several that are equally near, the one that begins alike: RNU is RUN, not ENV.
    const rank = distance + (candidate[0] === wanted[0] ? 0 : 0.5);
    if (rank >= bestDistance) continue;
    bestDistance = rank;
    best = caseSensitive ? candidate : matchCase(candidate, word);
  }
  return best;
}

/** ` (did you mean X?)`, or nothing: what BuildKit appends to its messages. */
export function didYouMean(suggestion: string | undefined): string {
  return suggestion === undefined ? "" : ` (did you mean ${suggestion}?)`;
}

function matchCase(text: string, like: string): string {
  if (like === like.toLowerCase()) return text.toLowerCase();
  return like === like.toUpperCase() ? text.toUpperCase() : text;
}

/** Levenshtein's distance: insertions, deletions and replacements cost 1 each. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 0; i < left.length; i += 1) {
    const row = [i + 1];
    for (let j = 0; j < right.length; j += 1) {
      const replace = (previous[j] ?? 0) + (left[i] === right[j] ? 0 : 1);
      row.push(Math.min(replace, (previous[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[right.length] ?? 0;
}
