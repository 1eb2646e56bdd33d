import { spawn } from "node:child_process";
import type { AbortOptions } from "@tsbuild/oci";

/**
 * When the commit that is checked out in the repository of `directory` was made, in seconds since 1970. Undefined where
 * there is no repository, no commit, no git, or git does not trust the folder's owner.
 */
export function lastCommitTime(directory: string, { signal }: AbortOptions = {}): Promise<number | undefined> {
  signal?.throwIfAborted();
  const args = ["-C", directory, "log", "-1", "--no-show-signature", "--format=%ct"];
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, { stdio: ["ignore", "pipe", "ignore"], signal });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", () => (signal?.aborted ? reject(signal.reason as Error) : resolve(undefined)));
    child.on("close", (code) => resolve(code === 0 && /^\d+\s*$/.test(output) ? Number(output) : undefined));
  });
}
