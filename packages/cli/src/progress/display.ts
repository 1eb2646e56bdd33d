import type { BuildEvent } from "@tsbuild/builder";
import type { ProgressMode } from "../settings.ts";
import type { Terminal } from "../terminal.ts";
import { jsonDisplay } from "./json.ts";
import { plainDisplay } from "./plain.ts";
import { ttyDisplay } from "./tty.ts";

/** Shows a build under way on stderr. */
export interface Display {
  event(event: BuildEvent): void;
  /** Shows the end, and puts the cursor back. */
  close(): void;
}

export interface DisplayOptions {
  readonly mode: ProgressMode;
  readonly color: boolean;
  /** Closes the display where it is redrawn: other words follow. */
  readonly signal?: AbortSignal;
}

/** `auto` is a redrawn block on a terminal, lines elsewhere. */
export function createDisplay({ stderr }: Pick<Terminal, "stderr">, options: DisplayOptions): Display {
  const write = (text: string): void => void stderr.write(text);
  switch (options.mode) {
    case "quiet":
      return { event: () => undefined, close: () => undefined };
    case "json":
      return jsonDisplay(write);
    case "plain":
      return plainDisplay(write);
    case "tty":
      return ttyDisplay(stderr, options);
    case "auto":
      return stderr.isTTY ? ttyDisplay(stderr, options) : plainDisplay(write);
  }
}
