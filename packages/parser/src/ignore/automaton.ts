import type { Token } from "./tokens.ts";

/** A place in all patterns at once. States are made when first reached and kept: walking a path costs one look-up a character. */
export interface State {
  /** The highest index of the patterns that match what has been read; -1 where none does. */
  readonly accepted: number;
  /** Whether no pattern can match, whatever follows. */
  readonly isDead: boolean;
  /** Whether some pattern that `test` is true for can still match when more follows. */
  reaches(test: (pattern: number) => boolean): boolean;
  next(code: number): State;
}

export interface Automaton {
  readonly start: State;
}

/** When more states than this are kept, all are thrown away and made anew on demand. */
const MAX_STATES = 10_000;
const ASCII = 128;

/** Joins the patterns, each a list of alternatives, into one machine. */
export function createAutomaton(patterns: readonly (readonly (readonly Token[])[])[]): Automaton {
  const steps: (Token | "end")[] = [];
  const owners: number[] = [];
  const entries: number[] = [];
  for (const [index, alternatives] of patterns.entries()) {
    for (const tokens of alternatives) {
      entries.push(steps.length);
      for (const step of [...tokens, "end" as const]) {
        steps.push(step);
        owners.push(index);
      }
    }
  }
  let states = new Map<string, State>();

  function stateOf(positions: readonly number[]): State {
    const key = positions.join(",");
    const known = states.get(key);
    if (known !== undefined) return known;
    if (states.size >= MAX_STATES) states = new Map();
    const state = createState(positions);
    states.set(key, state);
    return state;
  }

  function createState(positions: readonly number[]): State {
    const live = positions.filter((position) => steps[position] !== "end");
    const ends = positions.filter((position) => steps[position] === "end");
    const ascii: (State | undefined)[] = new Array(ASCII);
    const reach = (code: number) => stateOf(closure(advance(live, code)));
    return {
      accepted: ends.reduce((best, position) => Math.max(best, owners[position] ?? -1), -1),
      isDead: live.length === 0,
      reaches: (test) => live.some((position) => test(owners[position] ?? -1)),
      next(code) {
        if (code >= ASCII) return reach(code);
        ascii[code] ??= reach(code);
        return ascii[code];
      },
    };
  }

  function advance(positions: readonly number[], code: number): number[] {
    const reached: number[] = [];
    for (const position of positions) {
      const step = steps[position];
      if (step === undefined || step === "end" || step.kind === "maybe" || !step.set(code)) continue;
      reached.push(step.kind === "many" ? position : position + 1);
    }
    return reached;
  }

  /** Adds what can be reached without reading anything. */
  function closure(positions: readonly number[]): number[] {
    const reached = new Set<number>();
    const waiting = [...positions];
    for (let position = waiting.pop(); position !== undefined; position = waiting.pop()) {
      if (reached.has(position)) continue;
      reached.add(position);
      const step = steps[position];
      if (step === undefined || step === "end" || step.kind === "one") continue;
      waiting.push(position + 1);
      if (step.kind === "maybe") waiting.push(position + 1 + step.skip);
    }
    const consuming = (position: number) => {
      const step = steps[position];
      return step === "end" || (step !== undefined && step.kind !== "maybe");
    };
    return [...reached].filter(consuming).sort((left, right) => left - right);
  }

  return { start: stateOf(closure(entries)) };
}
