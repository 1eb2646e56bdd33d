/** The reason of the abort that SIGINT or SIGTERM causes. */
export class Interrupted extends Error {
  override readonly name: string = "Interrupted";

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
  }
}

/** What the command does about signals. */
export interface Interrupts {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Aborts as the first signal would. */
  abort(signal: NodeJS.Signals): void;
  /** Gives all signals to `handler` (a container's process) until the returned function is called. */
  forward(handler: (signal: NodeJS.Signals) => void): () => void;
  /** Stops listening. */
  close(): void;
}

const FORWARDED: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"];

/**
 * Listens for signals: the first aborts, so that everything is cleaned up; the second ends the process at once.
 * @param onFirst Tells the user.
 */
export function watchInterrupts(onFirst: () => void): Interrupts {
  const controller = new AbortController();
  let handler: ((signal: NodeJS.Signals) => void) | undefined;
  const abort = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(130);
    // Displays close themselves first, so that what is told next stays on the screen.
    controller.abort(new Interrupted(signal));
    onFirst();
  };
  const listener = (signal: NodeJS.Signals): void => (handler ?? abort)(signal);
  process.on("SIGINT", listener);
  process.on("SIGTERM", listener);
  const stop = (): void => {
    for (const name of FORWARDED) process.off(name, listener);
  };
  return {
    signal: controller.signal,
    abort,
    close: stop,
    forward: (next) => {
      handler = next;
      const extra = FORWARDED.filter((name) => process.listenerCount(name, listener) === 0);
      for (const name of extra) process.on(name, listener);
      return () => {
        handler = undefined;
        for (const name of extra) process.off(name, listener);
      };
    },
  };
}
