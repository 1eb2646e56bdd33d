import { humanSize } from "../text/size.ts";
import type { ProgressState, Step, Transfer } from "./model.ts";

/** Lines for a terminal, none wider than it. */
export type Frame = readonly string[];

export interface FrameOptions {
  readonly columns: number;
  readonly rows: number;
  /** Milliseconds since 1970: what timers count to. */
  readonly now: number;
  /** The last frame shows all steps, whatever the height, and no logs of steps that went well. */
  readonly final: boolean;
  readonly color: boolean;
}

/** What the terminal shows of `state`. Steps that ended give way where the window is too low for all. */
export function renderFrame(state: ProgressState, options: FrameOptions): Frame {
  if (state.steps.length === 0 && state.transfers.length === 0) return [];
  const blocks = state.steps.map((step) => ({ step, lines: stepBlock(step, options) }));
  const transfers = options.final ? [] : state.transfers.filter(isRunning).map((item) => transferLine(item, options));
  let room = Math.max(1, options.rows - 2 - transfers.length);
  const shown: string[][] = [];
  for (const { step, lines } of blocks.toReversed()) {
    if (!options.final && step.status !== "running" && room < lines.length) continue;
    shown.unshift(options.final ? lines : lines.slice(0, Math.max(0, room)));
    room -= lines.length;
  }
  return [headline(state, options), ...shown.flat(), ...transfers];
}

function headline(state: ProgressState, options: FrameOptions): string {
  const elapsed = seconds(options.now - (state.startedAt ?? options.now));
  const ended = state.steps.filter((step) => step.status !== "running").length;
  const total = Math.max(state.steps.length, Object.keys(state.planned).length);
  if (state.steps.length === 0) return cut(`[+] Copying ${elapsed}s`, options.columns);
  const failed = state.steps.some((step) => step.status === "failed");
  const end = failed ? " FAILED" : options.final && ended >= total ? " done" : "";
  return cut(`[+] Building ${elapsed}s (${ended}/${total})${end}`, options.columns);
}

function stepBlock(step: Step, options: FrameOptions): string[] {
  const time = `${seconds((step.endedAt ?? options.now) - step.startedAt)}s`;
  const label =
    step.status === "cached" ? `CACHED ${step.name}` : step.status === "failed" ? `ERROR ${step.name}` : step.name;
  const lines = [paint(columns(` => ${label}`, time, options.columns), step.status, options.color)];
  if (step.status === "running") {
    for (const [id, { current, total }] of Object.entries(step.progress).slice(-3)) {
      const amount = total === undefined ? humanSize(current) : `${humanSize(current)} / ${humanSize(total)}`;
      lines.push(columns(` => => ${id}`, amount, options.columns));
    }
  }
  if (step.status === "running" || step.status === "failed") {
    for (const line of step.tail) lines.push(cut(` => => # ${line}`, options.columns));
  }
  return lines;
}

function isRunning(transfer: Transfer): boolean {
  return transfer.status === "running";
}

function transferLine({ digest, current, total }: Transfer, options: FrameOptions): string {
  const amount = `${humanSize(current)} / ${humanSize(total ?? current)}`;
  return columns(` => ${digest.slice(0, 19)}`, amount, options.columns);
}

/** `left` and `right` at the two ends of a line. */
function columns(left: string, right: string, width: number): string {
  const room = width - right.length - 2;
  if (room < 8) return cut(left, width);
  return `${cut(left, room).padEnd(room)} ${right}`;
}

/** Cuts by characters; wide ones (CJK, emoji) count two. */
function cut(text: string, width: number): string {
  let used = 0;
  let result = "";
  for (const character of text) {
    used += (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
    if (used >= width) break;
    result += character;
  }
  return result;
}

const COLORS: Readonly<Record<Step["status"], string>> = {
  running: "",
  cached: "\x1b[34m",
  done: "\x1b[34m",
  failed: "\x1b[31m",
  stopped: "\x1b[33m",
};

function paint(line: string, status: Step["status"], color: boolean): string {
  const start = color ? COLORS[status] : "";
  return start === "" ? line : `${start}${line}\x1b[0m`;
}

function seconds(milliseconds: number): string {
  return (Math.max(0, milliseconds) / 1000).toFixed(1);
}
