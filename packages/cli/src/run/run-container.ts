import {
  formatPlatform,
  type Image,
  type LocalStore,
  matchPlatform,
  parsePlatform,
  readImage,
  TsbuildError,
} from "@tsbuild/oci";
import type { Execution } from "@tsbuild/runtime";
import { pullImage } from "../commands/pull.ts";
import type { RunRequest } from "../commands/run.ts";
import type { Context } from "../context.ts";
import { openRuntime } from "../runtime.ts";
import { type Session, withSession } from "../session.ts";
import { storeName } from "../stored-image.ts";
import { usageError } from "../usage-error.ts";
import { processOf, type Surroundings, surroundingsOf } from "./process-of.ts";
import { attachTerminal, drain, terminalSize } from "./streams.ts";

/** Asked this often, by Ctrl-C or SIGTERM, the process ends whether it wants or not: as with docker run. */
const IMPATIENT = 3;

/** Runs the process that `request` describes to its end. Returns its exit code. */
export async function runContainer(context: Context, request: RunRequest): Promise<number> {
  const { terminal } = context;
  if (request.tty && request.interactive && !terminal.stdin.isTTY) {
    throw usageError("-it: stdin is no terminal", { hint: "leave -t out" });
  }
  const surroundings = surroundingsOf(request, terminal);
  notePorts(context, surroundings, request.publish ?? []);
  return withSession(context, async (session) => {
    const image = await findImage(context, session, request);
    warnOfPlatform(context, image, request.platform);
    const process = processOf(image.config.config ?? {}, request, surroundings);
    const runtime = await openRuntime(context, session.store, request.runtime);
    try {
      const { runInImage } = await import("@tsbuild/builder");
      const spec = {
        ...process,
        ...(request.interactive ? { stdin: terminal.stdin } : {}),
        ...(request.tty ? { terminal: terminalSize(terminal) } : {}),
      };
      const { store, registry } = session;
      const execution = await runInImage({ store, registry, runtime, image }, spec, { signal: context.signal });
      return await follow(context, execution, request);
    } finally {
      await runtime.close();
      // A read under way on a terminal or pipe would keep this process alive.
      if (request.interactive) terminal.stdin.destroy();
    }
  });
}

async function follow(context: Context, execution: Execution, request: RunRequest): Promise<number> {
  const { terminal } = context;
  let interrupts = 0;
  const stopForwarding = context.interrupts.forward((signal) => {
    interrupts += signal === "SIGINT" || signal === "SIGTERM" ? 1 : 0;
    if (interrupts >= IMPATIENT) context.interrupts.abort(signal);
    else execution.kill(signal);
  });
  const detach = request.tty ? attachTerminal(context, execution) : undefined;
  try {
    const streams = [drain(execution.stdout, terminal.stdout), drain(execution.stderr, terminal.stderr)];
    const [{ exitCode, oomKilled }] = await Promise.all([execution.exited, ...streams]);
    if (oomKilled) context.note("the process was ended by the kernel: it used too much memory");
    return exitCode;
  } finally {
    detach?.();
    stopForwarding();
  }
}

/** @throws TsbuildError NOT_FOUND, or what the registry says */
async function findImage(context: Context, session: Session, request: RunRequest): Promise<Image> {
  const { image: name, pull = "missing", platform, quiet } = request;
  if (!["always", "missing", "never"].includes(pull)) throw usageError(`--pull ${pull}: not always, missing or never`);
  const { signal } = context;
  const wanted = { signal, ...(platform === undefined ? {} : { platform }) };
  const here = pull === "always" ? undefined : await readStored(session.store, name, wanted);
  if (here !== undefined) return here;
  if (pull === "never") {
    throw new TsbuildError("NOT_FOUND", `no such image in the store: ${name}`, {
      hint: `fetch it: tsbuild pull ${name}`,
    });
  }
  context.note(`Unable to find image '${name}' locally`);
  await pullImage(context, session, { name, ...(platform === undefined ? {} : { platform }), quiet: quiet ?? false });
  return readImage(session.store, storeName(name), wanted);
}

/** An image without an index is taken whatever it is for. */
function warnOfPlatform(context: Context, { platform }: Image, wanted: string | undefined): void {
  if (wanted === undefined || matchPlatform(parsePlatform(wanted), [platform]) !== undefined) return;
  context.note(`warning: the image is for ${formatPlatform(platform)}, not for ${wanted}`);
}

async function readStored(
  store: LocalStore,
  name: string,
  options: Parameters<typeof readImage>[2],
): Promise<Image | undefined> {
  try {
    return await readImage(store, name, options);
  } catch (error) {
    if (TsbuildError.is(error, "NOT_FOUND") || TsbuildError.is(error, "PLATFORM_NOT_FOUND")) return undefined;
    throw error;
  }
}

/** A port is mapped only where the process has a network of its own; on this machine's, it is open as it is. */
function notePorts(context: Context, { network }: Surroundings, ports: readonly string[]): void {
  if (network === "none" && ports.length > 0) throw usageError("--publish makes no sense with --network none");
  for (const port of ports) {
    const [, inside = port] = /:(\d+[^:]*)$/.exec(port) ?? [];
    context.note(`note: -p ${port} maps nothing: the process uses this machine's network, reach it at port ${inside}`);
  }
}
