import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { KeyKind } from "@tsbuild/registry-client";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { readKeyPassword } from "../key-password.ts";
import { usageError } from "../usage-error.ts";

interface Options {
  readonly output: string;
  readonly kind: string;
  readonly passwordStdin?: boolean;
  readonly force?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .option("-o, --output <path>", "PATH.key and PATH.pub", "tsbuild")
    .option("--kind <kind>", "p256 (as cosign has it), ed25519 or rsa", "p256")
    .option("--password-stdin", "read the key's password from stdin (default: TSBUILD_KEY_PASSWORD, else none)")
    .option("-f, --force", "replace files that are there")
    .action((options: Options) => generate(context, options));
}

async function generate(context: Context, { output, kind, force = false, ...options }: Options): Promise<void> {
  const path = resolve(context.terminal.cwd, output);
  const [keyFile, publicFile] = [`${path}.key`, `${path}.pub`];
  for (const file of [keyFile, publicFile])
    if (!force && existsSync(file)) throw usageError(`${file} is there already`, { hint: "--force replaces it" });
  const { generateKeyPair } = await import("@tsbuild/registry-client");
  const password = await readKeyPassword(context, options);
  const { privateKey, publicKey } = generateKeyPair({ kind: parseKind(kind), ...(password && { password }) });
  writeFileSync(keyFile, privateKey, { mode: 0o600 });
  writeFileSync(publicFile, publicKey);
  if (!password) context.note(`the private key in ${keyFile} is not encrypted: it has no password`);
  context.print(publicFile);
}

function parseKind(text: string): KeyKind {
  if (text === "p256" || text === "ed25519" || text === "rsa") return text;
  throw usageError(`--kind ${text}: none of p256, ed25519, rsa`);
}
