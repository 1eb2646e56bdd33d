import { digestOf } from "@tsbuild/oci";
import { expect, test } from "vitest";
import { ttyDisplay } from "./tty.ts";

test("the block is redrawn in place and the cursor is back at the end", () => {
  let text = "";
  const stderr = { columns: 60, rows: 10, write: (piece: string) => (text += piece) } as unknown as NodeJS.WriteStream;
  const listeners = process.listenerCount("exit");
  const display = ttyDisplay(stderr, { color: false });
  const vertex = digestOf("a");
  display.event({ type: "build.started", time: Date.now() });
  display.event({ type: "vertex.started", vertex, name: "[1/1] RUN true", time: Date.now() });
  display.event({ type: "vertex.completed", vertex, cached: false, time: Date.now() });
  display.close();
  display.close();
  expect(text.startsWith("\x1b[?25l")).toBe(true);
  expect(text.endsWith("\x1b[?25h")).toBe(true);
  expect(text).toContain(" => [1/1] RUN true");
  expect(text.match(/Building/g)).toHaveLength(1);
  expect(process.listenerCount("exit")).toBe(listeners);
});

test("an abort closes it, so that what is told next stays on the screen", () => {
  let text = "";
  const stderr = { columns: 60, rows: 10, write: (piece: string) => (text += piece) } as unknown as NodeJS.WriteStream;
  const controller = new AbortController();
  const display = ttyDisplay(stderr, { color: false, signal: controller.signal });
  display.event({ type: "vertex.started", vertex: digestOf("a"), name: "[1/1] RUN true", time: Date.now() });
  controller.abort();
  const before = text;
  display.close();
  expect(before.endsWith("\x1b[?25h")).toBe(true);
  expect(text).toBe(before);
});
