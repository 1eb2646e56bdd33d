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
