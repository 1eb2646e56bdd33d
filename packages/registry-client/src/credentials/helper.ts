import { spawn } from "node:child_process";
import { TsbuildError } from "@tsbuild/oci";
import type { Credentials } from "../credentials.ts";
import { isRecord } from "../transport/answer.ts";

export interface HelperOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  readonly onWarning?: (message: string) => void;
}

const TIMEOUT_MS = 30_000;
const MAX_OUTPUT = 64 * 1024;
/** The user name by which a helper says that the secret is an identity token. */
const TOKEN_USER = "<token>";

/**
 * Asks a credential helper (`docker-credential-NAME get`). Undefined where it knows nothing, or is not installed: that
 * must not hinder a pull of something public.
 * @throws TsbuildError CREDENTIAL_HELPER_FAILED
 */
export async function getFromHelper(
  helper: string,
  server: string,
  options: HelperOptions,
): Promise<Credentials | undefined> {
  const result = await runHelper(helper, { action: "get", input: server }, options);
  if (result === undefined) {
    options.onWarning?.(`the credential helper docker-credential-${helper} is not installed: going on signed out`);
    return undefined;
  }
  if (result.code !== 0) {
    if (/credentials not found|no credentials|not found in native keychain/i.test(result.output)) return undefined;
    throw helperError(helper, `it ended with exit code ${result.code}`);
  }
  const { Username, Secret } = parseAnswer(helper, result.output);
  if (typeof Username !== "string" || typeof Secret !== "string" || Secret === "") return undefined;
  return Username === TOKEN_USER ? { identityToken: Secret } : { username: Username, password: Secret };
}

/** Gives credentials to a helper to keep. @throws TsbuildError CREDENTIAL_HELPER_FAILED */
export async function storeInHelper(
  helper: string,
  entry: { readonly server: string; readonly credentials: Credentials },
  options: HelperOptions,
): Promise<void> {
  const { server, credentials } = entry;
  if ("registryToken" in credentials) throw helperError(helper, "helpers keep no registry tokens");
  const [Username, Secret] =
    "username" in credentials ? [credentials.username, credentials.password] : [TOKEN_USER, credentials.identityToken];
  await mustRun(helper, { action: "store", input: JSON.stringify({ ServerURL: server, Username, Secret }) }, options);
}

/** @throws TsbuildError CREDENTIAL_HELPER_FAILED */
export async function eraseInHelper(helper: string, server: string, options: HelperOptions): Promise<void> {
  await mustRun(helper, { action: "erase", input: server }, options);
}

interface Call {
  readonly action: "get" | "store" | "erase";
  readonly input: string;
}

async function mustRun(helper: string, call: Call, options: HelperOptions): Promise<void> {
  const result = await runHelper(helper, call, options);
  if (result === undefined) throw helperError(helper, "it is not installed");
  if (result.code !== 0) throw helperError(helper, `it ended with exit code ${result.code}`);
}

/** Runs a helper without a shell and with an end in sight. Undefined: there is no such program. */
function runHelper(
  helper: string,
  { action, input }: Call,
  { env, signal }: HelperOptions,
): Promise<{ readonly code: number | null; readonly output: string } | undefined> {
  if (!/^[A-Za-z0-9._-]+$/.test(helper)) throw helperError(helper, "that is no name of a helper");
  return new Promise((resolve, reject) => {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const child = spawn(`docker-credential-${helper}`, [action], {
      env: { ...env },
      stdio: ["pipe", "pipe", "ignore"],
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      killSignal: "SIGKILL",
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.length <= MAX_OUTPUT) return;
      // Its own children may hold the pipe open after it: closing our end stops them too.
      child.kill("SIGKILL");
      child.stdout.destroy();
    });
    child.on("error", (error) => {
      child.stdout.destroy();
      if (signal?.aborted) reject(signal.reason);
      else if (timeout.aborted) reject(helperError(helper, "it did not answer within 30 seconds", error));
      else if ("code" in error && error.code === "ENOENT") resolve(undefined);
      else reject(helperError(helper, "it cannot be started", error));
    });
    child.on("close", (code) => resolve({ code, output }));
    // A helper that ends without reading its input is judged by its exit code.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

function parseAnswer(helper: string, output: string): Readonly<Record<string, unknown>> {
  // Some helpers print notes before their answer.
  const start = output.indexOf("{");
  try {
    const json: unknown = JSON.parse(output.slice(start));
    if (isRecord(json)) return json;
  } catch {
    // Its text may hold a secret, and is therefore not part of the error.
  }
  throw helperError(helper, "its answer is not JSON");
}

function helperError(helper: string, reason: string, cause?: unknown): TsbuildError {
  const name = helper.replaceAll(/[^A-Za-z0-9._-]/g, "?");
  return new TsbuildError(
    "CREDENTIAL_HELPER_FAILED",
    `the credential helper docker-credential-${name} failed: ${reason}`,
    {
      hint: 'run it by hand, or take it out of "credsStore" and "credHelpers" in Docker\'s config.json and sign in again',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
