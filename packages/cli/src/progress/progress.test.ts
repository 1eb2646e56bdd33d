import type { BuildEvent } from "@tsbuild/builder";
import { digestOf, TsbuildError } from "@tsbuild/oci";
import { describe, expect, test } from "vitest";
import { renderFrame } from "./frame.ts";
import { jsonDisplay } from "./json.ts";
import { splitLines, visible } from "./lines.ts";
import { emptyProgress, reduceProgress } from "./model.ts";
import { plainDisplay } from "./plain.ts";

const base = digestOf("base");
const run = digestOf("run");
const copy = digestOf("copy");

function log(vertex: typeof base, text: string, time: number): BuildEvent {
  return { type: "vertex.log", vertex, stream: "stdout", data: Buffer.from(text), time };
}

const failing: readonly BuildEvent[] = [
  { type: "build.started", time: 1000 },
  { type: "vertex.planned", vertex: base, name: "[1/3] FROM debian:12", inputs: [] },
  { type: "vertex.planned", vertex: run, name: "[2/3] RUN make\n  all", inputs: [base] },
  { type: "vertex.planned", vertex: copy, name: "[other 1/1] COPY . /src", inputs: [] },
  { type: "vertex.completed", vertex: base, cached: true, time: 1010 },
  { type: "vertex.started", vertex: run, name: "[2/3] RUN make\n  all", time: 1020 },
  log(run, "compiling\nlink", 1143),
  { type: "vertex.started", vertex: copy, name: "[other 1/1] COPY . /src", time: 1200 },
  { type: "vertex.progress", vertex: copy, id: "context", current: 2_500_000, total: 2_500_000 },
  log(run, "ing 10%\rlinking 99%\n", 1300),
  { type: "vertex.completed", vertex: copy, cached: false, time: 1450 },
  log(run, "no space left", 1500),
  {
    type: "vertex.failed",
    vertex: run,
    error: new TsbuildError("COMMAND_FAILED", "the command exited with 2"),
    time: 2520,
  },
];

function output(events: readonly BuildEvent[], display: typeof plainDisplay): string {
  let text = "";
  const shown = display((piece) => {
    text += piece;
  });
  for (const event of events) shown.event(event);
  shown.close();
  return text;
}

describe("plain", () => {
  test("shows steps, logs of parallel steps and the failure", () => {
    expect(output(failing, plainDisplay)).toMatchInlineSnapshot(`
      "#1 [1/3] FROM debian:12
      #1 CACHED

      #2 [2/3] RUN make all
      #2 0.123 compiling
      #2 ...

      #3 [other 1/1] COPY . /src
      #3 context 2.5MB done
      #3 ...

      #2 [2/3] RUN make all
      #2 0.280 linking 99%
      #2 ...

      #3 [other 1/1] COPY . /src
      #3 DONE 0.3s

      #2 [2/3] RUN make all
      #2 1.500 no space left
      #2 ERROR: the command exited with 2

      "
    `);
  });

  test("shows exports, transfers and warnings", () => {
    const descriptor = { mediaType: "x", digest: base, size: 1234 };
    const range = { start: { line: 3, column: 0 }, end: { line: 3, column: 5 } };
    const events: readonly BuildEvent[] = [
      { type: "warning", diagnostic: { code: "JSONArgsRecommended", severity: "warning", message: "use JSON", range } },
      { type: "export.started", name: "oci archive out.tar", time: 0 },
      { type: "transfer", transfer: { type: "transfer.started", descriptor } },
      { type: "transfer", transfer: { type: "transfer.progress", descriptor, bytes: 600 } },
      { type: "transfer", transfer: { type: "transfer.done", descriptor } },
      { type: "export.completed", name: "oci archive out.tar", time: 300 },
    ];
    expect(output(events, plainDisplay)).toMatchInlineSnapshot(`
      "WARNING: JSONArgsRecommended: use JSON (line 3)
      #1 oci archive out.tar
      sha256:cae662172fd4 1.23kB done
      #1 DONE 0.3s

      "
    `);
  });
});

test("json: one event a line, output as text or base64, errors with their code", () => {
  const binary: BuildEvent = {
    type: "vertex.log",
    vertex: run,
    stream: "stderr",
    data: Uint8Array.of(255, 254),
    time: 5,
  };
  const events = [...failing, binary];
  const lines = output(events, jsonDisplay)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(events.length);
  expect(lines[6]).toEqual({ type: "vertex.log", vertex: run, stream: "stdout", text: "compiling\nlink", time: 1143 });
  expect(lines[12].error).toEqual({ code: "COMMAND_FAILED", message: "the command exited with 2" });
  expect(lines[13].data).toBe("//4=");
});

describe("a frame of the terminal", () => {
  const options = { columns: 48, rows: 24, now: 3000, final: false, color: false };
  const after = (count: number) => failing.slice(0, count).reduce(reduceProgress, emptyProgress());

  test("shows what runs, with its last lines", () => {
    expect(renderFrame(after(10), options).join("\n")).toMatchInlineSnapshot(`
      "[+] Building 2.0s (1/3)
       => CACHED [1/3] FROM debian:12            0.0s
       => [2/3] RUN make all                     2.0s
       => => # compiling
       => => # linking 99%
       => [other 1/1] COPY . /src                1.8s
       => => context                    2.5MB / 2.5MB"
    `);
  });

  test("ends with what failed", () => {
    expect(renderFrame(after(13), { ...options, final: true }).join("\n")).toMatchInlineSnapshot(`
      "[+] Building 2.0s (3/3) FAILED
       => CACHED [1/3] FROM debian:12            0.0s
       => ERROR [2/3] RUN make all               1.5s
       => => # compiling
       => => # linking 99%
       => [other 1/1] COPY . /src                0.3s"
    `);
  });

  test("is never higher or wider than the window", () => {
    for (const rows of [2, 3, 4, 6]) {
      const frame = renderFrame(after(10), { ...options, rows, columns: 30 });
      expect(frame.length).toBeLessThan(Math.max(3, rows));
      expect(Math.max(...frame.map((line) => line.length))).toBeLessThan(30);
    }
  });
});

test("lines survive any cut between chunks", () => {
  const text = "äöü\r\nsecond\n\nlast";
  const data = Buffer.from(text);
  for (let cut = 0; cut <= data.length; cut++) {
    const first = splitLines(new Uint8Array(), data.subarray(0, cut));
    const second = splitLines(first.rest, data.subarray(cut));
    expect([...first.lines, ...second.lines]).toEqual(["äöü", "second", ""]);
    expect(Buffer.from(second.rest).toString()).toBe("last");
  }
});

test.each([
  ["\x1b[1;31mred\x1b[0m text", "red text"],
  ["10%\r50%\r100%", "100%"],
  ["\x1b]0;title\x07shown", "shown"],
  ["a\tb\x00c", "a\tbc"],
])("control sequences are not shown: %j", (line, shown) => {
  expect(visible(line)).toBe(shown);
});
