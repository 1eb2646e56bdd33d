import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { exec, type Finished, hasProgram, isRoot, succeed } from "../support/tsbuild.ts";

/** The CLI of Debian's docker.io: newer ones leave builds to a plugin. */
const CLI = "/usr/bin/docker";

/** Far more than any build takes: what waits longer waits for ever. */
const HANG_SECONDS = "60";

/** Why Docker's engine can not be started here; undefined: it can. */
export const engineMissing: string | undefined = !hasProgram("dockerd")
  ? "needs dockerd of Debian's docker.io"
  : !existsSync(CLI)
    ? `needs ${CLI}`
    : !hasProgram("unshare") || !hasProgram("setpriv")
      ? "needs unshare and setpriv"
      : isRoot
        ? undefined
        : "dockerd needs root";

/** An engine of our own: its data, its socket and its network are nobody else's. */
export interface DockerEngine {
  run(args: readonly string[]): Promise<Finished>;
  ok(args: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

/** Starts dockerd in a new network namespace, with all it writes below `folder`. */
export async function startDockerEngine(folder: string): Promise<DockerEngine> {
  mkdirSync(folder, { recursive: true });
  const socket = `unix://${join(folder, "socket")}`;
  const daemon = spawnDaemon(folder, socket);
  const ended = new Promise<void>((done) => daemon.once("close", () => done()));
  const env = { DOCKER_HOST: socket, DOCKER_BUILDKIT: "1", DOCKER_CONFIG: join(folder, "config") };
  const engine: DockerEngine = {
    run: (args) => exec("timeout", [HANG_SECONDS, CLI, ...args], { env }),
    ok: (args) => succeed("timeout", [HANG_SECONDS, CLI, ...args], { env }),
    async close() {
      daemon.kill("SIGTERM");
      await ended;
    },
  };
  const isUp = await waitFor(async () => daemon.exitCode !== null || (await engine.run(["version"])).code === 0);
  if (isUp && daemon.exitCode === null) return engine;
  await engine.close();
  throw new Error(`dockerd did not start:\n${readFileSync(join(folder, "log"), "utf8").slice(-2000)}`);
}

function flags(folder: string, socket: string): string[] {
  const folders = [`--data-root=${join(folder, "data")}`, `--exec-root=${join(folder, "exec")}`];
  return [...folders, `--pidfile=${join(folder, "pid")}`, `--host=${socket}`, "--iptables=false", "--bridge=none"];
}

/** Its network goes with it, and it goes with this process. */
function spawnDaemon(folder: string, socket: string): ReturnType<typeof spawn> {
  const log = openSync(join(folder, "log"), "w");
  const args = ["--net", "setpriv", "--pdeathsig", "TERM", "dockerd", ...flags(folder, socket)];
  try {
    return spawn("unshare", args, { stdio: ["ignore", log, log] });
  } finally {
    closeSync(log);
  }
}

async function waitFor(isSo: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 150; tries++) {
    if (await isSo()) return true;
    await new Promise((done) => setTimeout(done, 200));
  }
  return false;
}
