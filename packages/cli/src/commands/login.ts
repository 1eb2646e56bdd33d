import { parseReference, readAll } from "@tsbuild/oci";
import type { Command } from "commander";
import { ask } from "../ask.ts";
import type { Context } from "../context.ts";
import { openRegistry } from "../registry.ts";
import { usageError } from "../usage-error.ts";

interface Options {
  readonly username?: string;
  readonly password?: string;
  readonly passwordStdin?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .argument("[registry]", "host and port", "docker.io")
    .option("-u, --username <name>", "user")
    .option("-p, --password <password>", "password; other users of this machine can see it: better --password-stdin")
    .option("--password-stdin", "read the password from stdin")
    .action((registry: string, options: Options) => login(context, registryHost(registry), options));
}

/** Checks the credentials with the registry before it keeps them. */
async function login(context: Context, registry: string, options: Options): Promise<void> {
  const { signal } = context;
  const username = options.username ?? (await ask(context, "Username: ", { hidden: false }));
  const password = await readPassword(context, options);
  if (username === "" || password === "") throw usageError("a user name and a password are needed");
  const credentials = { username, password };
  const client = await openRegistry(context, async () => credentials);
  try {
    await client.ping(registry, { signal });
  } finally {
    await client.close();
  }
  const { storeCredentials } = await import("@tsbuild/registry-client");
  const place = await storeCredentials(context.settings().docker, registry, credentials);
  if ("file" in place) context.note(`the password lies in ${place.file}, encoded but not encrypted`);
  context.print("Login Succeeded");
}

async function readPassword(context: Context, options: Options): Promise<string> {
  if (options.password !== undefined) return options.password;
  if (!options.passwordStdin) return ask(context, "Password: ", { hidden: true });
  if (options.username === undefined) throw usageError("--password-stdin needs --username");
  const input = await readAll(context.terminal.stdin, { limit: 64 * 1024, signal: context.signal });
  return Buffer.from(input)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}

/** `https://index.docker.io/v1/`, `docker.io` and `host:5000` as the host that references name. */
export function registryHost(text: string): string {
  const host = text.replace(/^https?:\/\//, "").replace(/\/.*$/s, "");
  return parseReference(`${host}/any`).registry;
}
