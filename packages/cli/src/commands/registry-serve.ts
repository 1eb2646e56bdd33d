import { once } from "node:events";
import { resolve } from "node:path";
import type { Command } from "commander";
import { collect } from "../arguments/fields.ts";
import type { Context } from "../context.ts";
import { openRegistry } from "../registry.ts";
import { usageError } from "../usage-error.ts";
import { registryHost } from "./login.ts";

interface Options {
  readonly port: string;
  readonly address: string;
  readonly tls?: boolean;
  readonly tlsName?: readonly string[];
  readonly auth?: readonly string[];
  readonly upstream?: string;
}

export function configure(command: Command, context: Context): void {
  command
    .argument("<folder>", "where everything is kept; made where it is missing")
    .option("-p, --port <port>", "0 is any free one", "5000")
    .option("--address <address>", "to listen at; others can reach it at 0.0.0.0 only", "127.0.0.1")
    .option("--tls", "with a certificate that it makes itself, under FOLDER/tls")
    .option("--tls-name <name>", "one name or address more that the certificate holds for; repeatable", collect)
    .option("--auth <user:password>", "who may use it; repeatable (default: everybody)", collect)
    .option("--upstream <registry>", "fetch what is not here from this registry, and keep it")
    .action((folder: string, options: Options) => serve(context, folder, options));
}

/** Serves until the command is interrupted. */
async function serve(context: Context, folder: string, options: Options): Promise<void> {
  const { serveRegistry } = await import("@tsbuild/registry-client/testing");
  const client = options.upstream === undefined ? undefined : await openRegistry(context);
  const registry = await serveRegistry({
    directory: resolve(context.terminal.cwd, folder),
    port: parsePort(options.port),
    address: options.address,
    ...(options.tls || options.tlsName ? { tls: { names: options.tlsName ?? [] } } : {}),
    ...(options.auth === undefined ? {} : { auth: { type: "basic", users: parseUsers(options.auth) } }),
    ...(client === undefined ? {} : { upstream: { client, registry: registryHost(options.upstream ?? "") } }),
  });
  try {
    context.print(registry.origin);
    if (registry.authority !== undefined) context.note(`clients must trust ${registry.authority}`);
    context.note("Ctrl-C ends it");
    if (!context.signal.aborted) await once(context.signal, "abort");
  } finally {
    await registry.close();
    await client?.close();
  }
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw usageError(`--port ${text}: no port`);
  return port;
}

function parseUsers(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const colon = word.indexOf(":");
      if (colon <= 0 || colon === word.length - 1) throw usageError("--auth: not USER:PASSWORD");
      return [word.slice(0, colon), word.slice(colon + 1)];
    }),
  );
}
