import type { BuildEvent, StepReason } from "@tsbuild/builder";
import type { Context } from "./context.ts";
import { usageError } from "./usage-error.ts";

/** How `--explain` tells: lines on stderr, or one JSON list on stdout. */
export type ExplainMode = "text" | "json";

/** Gathers why the steps of a build ran. */
export interface Explanations {
  event(event: BuildEvent): void;
  /** Tells what was gathered; also after a build that failed. */
  print(context: Context): Promise<void>;
}

/**
 * Reads `--explain` and `--explain=json`.
 * @throws TsbuildError USAGE
 */
export function parseExplain(flag: string | boolean | undefined): ExplainMode | undefined {
  if (flag === undefined || flag === false || flag === "false") return undefined;
  if (flag === true || flag === "true" || flag === "text") return "text";
  if (flag === "json") return "json";
  throw usageError(`--explain=${flag}: neither text nor json`);
}

export function createExplanations(mode: ExplainMode | undefined): Explanations {
  const names = new Map<string, string>();
  const found: { readonly vertex: string; readonly name: string; readonly reason: StepReason }[] = [];
  return {
    event(event) {
      if (event.type === "vertex.planned") names.set(event.vertex, event.name);
      if (event.type !== "vertex.explained") return;
      const { vertex, reason } = event;
      found.push({ vertex, name: names.get(vertex) ?? vertex, reason });
    },
    async print(context) {
      if (mode === "json") context.print(JSON.stringify(found, null, 2));
      if (mode !== "text") return;
      const { reasonLines } = await import("@tsbuild/builder");
      const blocks = found.map(({ name, reason }) =>
        [name.replaceAll(/\s*\n\s*/g, " "), ...reasonLines(reason)].join("\n    "),
      );
      context.note(
        blocks.length === 0 ? "nothing ran: the cache has every step" : `why steps ran:\n${blocks.join("\n")}`,
      );
    },
  };
}
