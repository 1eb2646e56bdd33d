import type { BuildEvent } from "@tsbuild/builder";
import type { TransferEvent } from "@tsbuild/oci";
import { splitLines, visible } from "./lines.ts";

/** One step of a build as it is shown: a vertex of the graph, or an export. */
export interface Step {
  /** A vertex's digest, or `export:` and the exporter's name. */
  readonly id: string;
  /** 1, 2, ... in the order in which they began. */
  readonly number: number;
  readonly name: string;
  readonly status: "running" | "cached" | "done" | "failed" | "stopped";
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt?: number;
  /** The last lines that it wrote. */
  readonly tail: readonly string[];
  /** The beginning of a line that has not ended yet, per stream. */
  readonly partial: Readonly<Record<"stdout" | "stderr", Uint8Array>>;
  /** Transfers and counts by id. */
  readonly progress: Readonly<Record<string, Amount>>;
  readonly message?: string;
}

export interface Amount {
  readonly current: number;
  readonly total?: number | undefined;
}

/** A blob under way to or from a registry or archive. */
export interface Transfer extends Amount {
  readonly digest: string;
  readonly status: "running" | "exists" | "mounted" | "done";
}

export interface ProgressState {
  readonly startedAt: number | undefined;
  readonly runtime: string | undefined;
  /** Names of the graph's steps by vertex. */
  readonly planned: Readonly<Record<string, string>>;
  /** By number. */
  readonly steps: readonly Step[];
  readonly transfers: readonly Transfer[];
  readonly warnings: number;
}

/** Lines kept per step. */
export const TAIL_LINES = 6;

export function emptyProgress(): ProgressState {
  return { startedAt: undefined, runtime: undefined, planned: {}, steps: [], transfers: [], warnings: 0 };
}

/** The state after `event`. Pure: what is shown depends on the events alone. */
export function reduceProgress(state: ProgressState, event: BuildEvent): ProgressState {
  switch (event.type) {
    case "build.started":
      return { ...state, startedAt: event.time, runtime: event.runtime };
    case "vertex.planned":
      return { ...state, planned: { ...state.planned, [event.vertex]: event.name } };
    case "vertex.started":
      return start(state, event.vertex, event.name, event.time);
    case "export.started":
      return start(state, exportId(event.name), event.name, event.time);
    case "vertex.log":
      return change(state, event.vertex, (step) => withLog(step, event.stream, event.data));
    case "vertex.progress":
      return change(state, event.vertex, (step) => withAmount(step, event));
    case "vertex.completed":
      return completed(begun(state, event), event);
    case "export.completed":
      return end(state, exportId(event.name), "done", { endedAt: event.time });
    case "vertex.failed":
      return end(begun(state, event), event.vertex, stopped(event.error) ? "stopped" : "failed", {
        endedAt: event.time,
        message: event.error.message,
      });
    case "vertex.explained":
      return state;
    case "warning":
      return { ...state, warnings: state.warnings + 1 };
    case "transfer":
      return { ...state, transfers: withTransfer(state.transfers, event.transfer) };
  }
}

/** The step that an event is about. */
export function stepOf(state: ProgressState, event: BuildEvent): Step | undefined {
  if ("vertex" in event) return state.steps.find((step) => step.id === event.vertex);
  if (event.type === "export.started" || event.type === "export.completed") {
    return state.steps.find((step) => step.id === exportId(event.name));
  }
  return undefined;
}

function exportId(name: string): string {
  return `export:${name}`;
}

function start(state: ProgressState, id: string, name: string, time: number): ProgressState {
  if (state.steps.some((step) => step.id === id)) return state;
  const nothing = new Uint8Array();
  const step: Step = {
    id,
    number: state.steps.length + 1,
    name: visible(name.replace(/\s*\n\s*/g, " ")),
    status: "running",
    startedAt: time,
    tail: [],
    partial: { stdout: nothing, stderr: nothing },
    progress: {},
  };
  return { ...state, startedAt: state.startedAt ?? time, steps: [...state.steps, step] };
}

/** A step that the cache answers need not have been started. */
function begun(state: ProgressState, event: { readonly vertex: string; readonly time: number }): ProgressState {
  return start(state, event.vertex, state.planned[event.vertex] ?? event.vertex, event.time);
}

/** The walk through a context is done in every build, and costs nothing that a cache could save: it is never "cached". */
function completed(
  state: ProgressState,
  { vertex, cached, time }: { readonly vertex: string; readonly cached: boolean; readonly time: number },
): ProgressState {
  const isContext = /^\[(?:internal\]|context )/.test(state.planned[vertex] ?? "");
  return end(state, vertex, cached && !isContext ? "cached" : "done", { endedAt: time });
}

function change(state: ProgressState, id: string, update: (step: Step) => Step): ProgressState {
  const index = state.steps.findIndex((step) => step.id === id);
  const step = state.steps[index];
  return step === undefined ? state : { ...state, steps: state.steps.with(index, update(step)) };
}

function end(state: ProgressState, id: string, status: Step["status"], rest: Partial<Step>): ProgressState {
  return change(state, id, (step) => ({ ...step, ...rest, status }));
}

function withLog(step: Step, stream: "stdout" | "stderr", data: Uint8Array): Step {
  const { lines, rest } = splitLines(step.partial[stream], data);
  return {
    ...step,
    partial: { ...step.partial, [stream]: rest },
    tail: [...step.tail, ...lines].slice(-TAIL_LINES),
  };
}

function withAmount(step: Step, event: Amount & { readonly id: string }): Step {
  return { ...step, progress: { ...step.progress, [event.id]: { current: event.current, total: event.total } } };
}

function withTransfer(transfers: readonly Transfer[], event: TransferEvent): readonly Transfer[] {
  const { digest, size } = event.descriptor;
  const others = transfers.filter((transfer) => transfer.digest !== digest);
  switch (event.type) {
    case "transfer.started":
      return [...others, { digest, status: "running", current: 0, total: size }];
    case "transfer.progress":
      return transfers.map((transfer) =>
        transfer.digest === digest ? { ...transfer, current: event.bytes } : transfer,
      );
    case "transfer.skipped":
      return [...others, { digest, status: event.reason, current: size, total: size }];
    case "transfer.done":
      return [...others, { digest, status: "done", current: size, total: size }];
  }
}

/** A step that was not at fault: it stopped because another failed or the user interrupted. */
function stopped(error: { readonly name: string }): boolean {
  return error.name === "AbortError" || error.name === "Interrupted";
}
