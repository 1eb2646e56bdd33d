import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

/** What a finished process left. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command's entry: what `npx tsbuild` starts. */
export const TSBUILD: string = resolve("packages/cli/bin/tsbuild.js");

/** Runs a program to its end and collects what it prints. */
export function exec(command: string, args: readonly string[], options: ExecOptions = {}): Promise<Finished> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", fail);
    child.on("close", (code) =>
      done({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    );
    child.stdin?.end(options.input);
  });
}

export interface ExecOptions {
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Uint8Array;
}

/** Runs a program that must succeed; its standard output, trimmed. */
export async function succeed(command: string, args: readonly string[], options: ExecOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await exec(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} exited with ${code}:\n${stdout}${stderr}`);
  return stdout.trim();
}

/** The command `tsbuild` with a store of its own, which is removed by `close`. */
export interface Workbench {
  readonly folder: string;
  /** Runs `tsbuild`, whatever comes of it. */
  run(args: readonly string[], options?: ExecOptions): Promise<Finished>;
  /** Runs `tsbuild`, which must succeed. */
  ok(args: readonly string[], options?: ExecOptions): Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  close(): Promise<void>;
}

/** Makes a temporary folder with a store in it. */
export async function openWorkbench(env: Readonly<Record<string, string | undefined>> = {}): Promise<Workbench> {
  // In lower case: buildah takes a layout's path for a repository's name.
  const folder = join(process.env.TSBUILD_TEST_TMP ?? tmpdir(), `tsbuild-test-${randomBytes(6).toString("hex")}`);
  await mkdir(folder);
  const all = { ...env, TSBUILD_ROOT: join(folder, "store"), DOCKER_CONFIG: join(folder, "docker"), NO_COLOR: "1" };
  const withEnv = (options: ExecOptions = {}): ExecOptions => ({ ...options, env: { ...all, ...options.env } });
  return {
    folder,
    env: all,
    run: (args, options) => exec(process.execPath, [TSBUILD, ...args], withEnv(options)),
    ok: (args, options) => succeed(process.execPath, [TSBUILD, ...args], withEnv(options)),
    close: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Tells whether a program is on the PATH. */
export function hasProgram(name: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, name)));
}

/** True where this process is root. */
export const isRoot: boolean = process.getuid?.() === 0;

/** Runs a program to its end, for conditions that must be known before tests are collected. */
export function probe(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
