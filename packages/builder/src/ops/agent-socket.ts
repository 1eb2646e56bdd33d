import { chmodSync, chownSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Who may use the socket: `mode` holds the permission bits. */
export interface SocketAccess {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A socket that reaches an SSH agent for as long as a step needs it. */
export interface AgentSocket {
  readonly path: string;
  /** Closes it and every connection through it. */
  release(): Promise<void>;
}

/**
 * Opens a socket of the step's own in front of the agent's, as the agent's belongs to someone else: a step gets the
 * owner and mode that its mount asks for, and no connection outlives it.
 */
export async function lendAgent(agent: string, { mode, uid, gid }: SocketAccess): Promise<AgentSocket> {
  // Paths of sockets are short: about 100 bytes.
  const folder = mkdtempSync(join(tmpdir(), "tsbuild-ssh-"));
  const path = join(folder, "agent");
  const open = new Set<Socket>();
  const server = createServer((client) => relay(client, connect(agent), open));
  const release = async (): Promise<void> => {
    for (const socket of open) socket.destroy();
    await new Promise<void>((done) => server.close(() => done()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await new Promise<void>((done, fail) => {
      server.once("error", fail);
      server.listen(path, done);
    });
    chmodSync(path, mode);
    if (process.getuid?.() === 0) chownSync(path, uid, gid);
    return { path, release };
  } catch (error) {
    await release();
    throw error;
  }
}

function relay(client: Socket, agent: Socket, open: Set<Socket>): void {
  for (const [from, to] of [
    [client, agent],
    [agent, client],
  ] as const) {
    open.add(from);
    from.on("error", () => to.destroy());
    from.on("close", () => {
      open.delete(from);
      to.destroy();
    });
    from.pipe(to);
  }
}
