import type { BuildEvent } from "@tsbuild/builder";
import { humanSize } from "../text/size.ts";
import type { Display } from "./display.ts";
import { splitLines, visible } from "./lines.ts";
import { emptyProgress, type ProgressState, reduceProgress, type Step, stepOf } from "./model.ts";

/** Lines in BuildKit's form: `#5 [build 2/3] RUN ...`, `#5 0.123 a line`, `#5 DONE 1.2s`. */
export function plainDisplay(write: (text: string) => void): Display {
  let state = emptyProgress();
  let shown: number | undefined;
  const announced = new Set<number>();
  /** Brings the output to `step`: says that another one goes on, repeats the heading. */
  const turnTo = (step: Step): void => {
    if (step.number === shown) return;
    if (shown !== undefined) write(`#${shown} ...\n\n`);
    write(`#${step.number} ${step.name}\n`);
    announced.add(step.number);
    shown = step.number;
  };
  return {
    event: (event) => {
      const before = state;
      state = reduceProgress(before, event);
      const step = stepOf(state, event);
      const lines = step === undefined ? eventLines(state, event) : stepLines(before, step, event);
      if (step !== undefined && lines.length > 0) turnTo(step);
      for (const line of lines) write(`${line}\n`);
      if (step !== undefined && step.status !== "running") {
        write("\n");
        shown = undefined;
      }
      // A step that is silent gets its heading as soon as no other one is being shown.
      const silent = state.steps.find(({ status, number }) => status === "running" && !announced.has(number));
      if (shown === undefined && silent !== undefined) turnTo(silent);
    },
    close: () => undefined,
  };
}

/** What `event` adds below the heading of its step; `[]` where that is nothing. */
function stepLines(before: ProgressState, step: Step, event: BuildEvent): string[] {
  const prefix = `#${step.number}`;
  switch (event.type) {
    case "vertex.log": {
      const left = stepOf(before, event)?.partial[event.stream] ?? new Uint8Array();
      const since = seconds(event.time - step.startedAt, 3);
      return splitLines(left, event.data).lines.map((line) => `${prefix} ${since} ${line}`);
    }
    case "vertex.completed":
      return [...unfinished(step), step.status === "cached" ? `${prefix} CACHED` : `${prefix} DONE ${duration(step)}s`];
    case "export.completed":
      return [`${prefix} DONE ${duration(step)}s`];
    case "vertex.failed":
      return [...unfinished(step), `${prefix} ${step.status === "stopped" ? "CANCELED" : `ERROR: ${step.message}`}`];
    case "vertex.progress": {
      const complete = event.total !== undefined && event.current >= event.total;
      return complete ? [`${prefix} ${event.id} ${humanSize(event.current)} done`] : [];
    }
    default:
      return [];
  }
}

function eventLines(state: ProgressState, event: BuildEvent): string[] {
  if (event.type === "warning") {
    const { code, message, range } = event.diagnostic;
    return [`WARNING: ${code}: ${message} (line ${range.start.line})`];
  }
  if (event.type !== "transfer" || event.transfer.type === "transfer.progress") return [];
  const { digest } = event.transfer.descriptor;
  const transfer = state.transfers.find((candidate) => candidate.digest === digest);
  if (transfer === undefined || transfer.status === "running") return [];
  return [`${digest.slice(0, 19)} ${humanSize(transfer.current)} ${transfer.status}`];
}

/** The last line of a process that did not end it. */
function unfinished(step: Step): string[] {
  const since = seconds((step.endedAt ?? step.startedAt) - step.startedAt, 3);
  return [step.partial.stdout, step.partial.stderr]
    .filter((rest) => rest.length > 0)
    .map((rest) => `#${step.number} ${since} ${visible(Buffer.from(rest).toString("utf8"))}`);
}

function duration(step: Step): string {
  return seconds((step.endedAt ?? step.startedAt) - step.startedAt, 1);
}

function seconds(milliseconds: number, digits: number): string {
  return (Math.max(0, milliseconds) / 1000).toFixed(digits);
}
