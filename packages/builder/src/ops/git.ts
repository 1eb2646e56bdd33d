import { spawn } from "node:child_process";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { AbortOptions, Layer } from "@tsbuild/oci";
import { BuildError } from "../build-error.ts";
import { cleanPath } from "../files/names.ts";
import type { GitOp } from "../graph/op.ts";
import { cacheKeyOf } from "../solver/cache-key.ts";
import type { OpContext, Output } from "../solver/op-runner.ts";
import { layerOfFolder } from "./layer-of-folder.ts";
import type { OpEnvironment, OpKind } from "./op-environment.ts";

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/**
 * A folder of a git repository, as a layer: the system's git fetches the one commit. Times are the commit's, so that the
 * layer is the same whenever it is fetched. A branch or tag is asked for each time; a commit is not.
 */
export function gitKind(env: OpEnvironment): OpKind<GitOp> {
  return {
    cacheKey: async ({ op }) => cacheKeyOf({ ...op }),
    async restore({ op }, { layers, notes }, context) {
      if (!layers.every(({ diffId }) => env.store.has(diffId))) return undefined;
      const commit = COMMIT.test(op.ref ?? "") ? op.ref : await remoteCommit(op, context);
      return commit !== undefined && commit === notes?.commit ? layers : undefined;
    },
    async execute({ op }, context) {
      const folder = env.store.temporaryPath();
      try {
        mkdirSync(folder);
        return await checkOut(env, op, folder, context);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

/** A commit that has been checked out. */
export interface CheckOut {
  /** The folder asked for, below the one that the repository is in. */
  readonly directory: string;
  readonly commit: string;
  /** When it was committed: seconds since 1970. */
  readonly time: number;
}

/**
 * Checks out the commit that `op` asks for in the empty folder `folder`.
 * @throws BuildError GIT_FAILED, DIGEST_MISMATCH, SOURCE_NOT_FOUND
 */
export async function checkOutCommit(op: GitOp, folder: string, options: AbortOptions): Promise<CheckOut> {
  const { remote, ref = "HEAD", subdir = "", checksum, submodules } = op;
  const git = (...args: string[]): Promise<string> => runGit(["-C", folder, ...args], options);
  await git("init", "--quiet");
  await git("fetch", "--quiet", "--depth", "1", "--", remote, ref);
  await git("-c", "advice.detachedHead=false", "checkout", "--quiet", "FETCH_HEAD");
  if (submodules !== false) await git("submodule", "update", "--quiet", "--init", "--recursive", "--depth", "1");
  const [commit = "", time = "0"] = (await git("log", "-1", "--format=%H %ct")).trim().split(" ");
  if (checksum !== undefined && !commit.startsWith(checksum))
    throw new BuildError("DIGEST_MISMATCH", `${shown(remote)} ${ref} is the commit ${commit}, not ${checksum}`);
  const directory = join(folder, cleanPath(subdir));
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new BuildError("SOURCE_NOT_FOUND", `${shown(remote)} has no folder ${JSON.stringify(subdir)}`);
  return { directory, commit, time: Number(time) };
}

async function checkOut(env: OpEnvironment, op: GitOp, folder: string, context: OpContext): Promise<Output> {
  const { directory, commit, time } = await checkOutCommit(op, folder, context);
  const layer = await layerOf({ ...env, epoch: time }, directory, op.keepGitDir, context);
  return { layers: [layer], notes: { commit } };
}

function layerOf(env: OpEnvironment, directory: string, keepGitDir: boolean, context: OpContext): Promise<Layer> {
  const exclude = keepGitDir ? [] : [".git", "**/.git"];
  return layerOfFolder(env, { directory, title: "the git repository", exclude }, context);
}

async function remoteCommit({ remote, ref = "HEAD" }: GitOp, context: OpContext): Promise<string | undefined> {
  const lines = (await runGit(["ls-remote", "--quiet", "--", remote, ref, `${ref}^{}`], context)).split("\n");
  const peeled = lines.find((line) => line.endsWith("^{}")) ?? lines[0];
  return peeled?.split("\t")[0];
}

/** Only these ways to a repository; a repository cannot make git start other programs or read files of the host. */
const PROTOCOLS = ["https", "http", "git", "ssh"].flatMap((name) => ["-c", `protocol.${name}.allow=always`]);

/** Runs git without a terminal, so that it fails where it would ask for a password. */
function runGit(args: readonly string[], { signal }: AbortOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      "git",
      ["-c", "protocol.allow=never", ...PROTOCOLS, "-c", "core.hooksPath=/dev/null", ...args],
      {
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
        signal,
      },
    );
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-4096)));
    child.on("error", (cause) => {
      if (signal?.aborted === true) reject(signal.reason as Error);
      else reject(new BuildError("GIT_FAILED", "cannot start git", { cause, hint: "Install git." }));
    });
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new BuildError("GIT_FAILED", `git failed: ${withoutCredentials(errors.trim())}`));
    });
  });
}

function withoutCredentials(text: string): string {
  return text.replace(/(\w+:\/\/)[^/@\s]*@/g, "$1");
}

function shown(remote: string): string {
  return withoutCredentials(remote);
}
