import type { Display, DisplayOptions } from "./display.ts";
import { type Frame, renderFrame } from "./frame.ts";
import { emptyProgress, type ProgressState, reduceProgress } from "./model.ts";

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const CLEAR_BELOW = "\x1b[J";
const FRAME_MS = 100;

/** A block of lines at the bottom of the terminal, redrawn ten times a second and left in its last state. */
export function ttyDisplay(stderr: NodeJS.WriteStream, options: Omit<DisplayOptions, "mode">): Display {
  let state: ProgressState = emptyProgress();
  let drawn: Frame = [];
  let closed = false;
  const draw = (final: boolean): void => {
    const size = { columns: stderr.columns || 80, rows: stderr.rows || 24 };
    const frame = renderFrame(state, { ...size, now: Date.now(), final, color: options.color });
    const up = drawn.length > 0 ? `\x1b[${drawn.length}F` : "";
    stderr.write(`${up}${CLEAR_BELOW}${frame.map((line) => `${line}\n`).join("")}`);
    drawn = frame;
  };
  const showCursor = (): void => void stderr.write(SHOW_CURSOR);
  const timer = setInterval(() => draw(false), FRAME_MS);
  timer.unref();
  process.once("exit", showCursor);
  stderr.write(HIDE_CURSOR);
  const close = (): void => {
    if (closed) return;
    closed = true;
    clearInterval(timer);
    draw(true);
    showCursor();
    process.off("exit", showCursor);
    options.signal?.removeEventListener("abort", close);
  };
  options.signal?.addEventListener("abort", close);
  return {
    event: (event) => {
      state = reduceProgress(state, event);
    },
    close,
  };
}
