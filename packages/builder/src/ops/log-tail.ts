/** The last lines that a process wrote, of both streams in the order they were ended. */
export interface LogTail {
  add(stream: "stdout" | "stderr", data: Uint8Array): void;
  lines(): readonly string[];
}

/** A line without an end is cut here: a tail must stay small whatever a process writes. */
const LONGEST = 4096;

/** Keeps the last `count` lines. */
export function createLogTail(count: number): LogTail {
  const lines: string[] = [];
  const open = { stdout: "", stderr: "" };
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const push = (line: string): void => {
    lines.push(line.replace(/\r$/, "").slice(0, LONGEST));
    if (lines.length > count) lines.shift();
  };
  return {
    add(stream, data) {
      const parts = (open[stream] + decoders[stream].decode(data, { stream: true })).split("\n");
      open[stream] = (parts.pop() ?? "").slice(-LONGEST);
      for (const line of parts.slice(-count)) push(line);
    },
    lines() {
      const rest = [open.stdout, open.stderr].filter((line) => line !== "");
      return [...lines, ...rest].slice(-count);
    },
  };
}
