import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lendAgent } from "./agent-socket.ts";

let folder: string;
let agent: Server;
let path: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsbuild-agent-"));
  path = join(folder, "agent");
  agent = createServer((client) => client.on("data", (data) => client.end(`echo ${data}`)));
  await once(agent.listen(path), "listening");
});
afterEach(() => {
  agent.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(socket: string, text: string): Promise<string> {
  const client = connect(socket);
  client.write(text);
  let answer = "";
  for await (const chunk of client) answer += chunk;
  return answer;
}

test("hands questions and answers on, with the mode asked for, until it is given back", async () => {
  const lent = await lendAgent(path, { mode: 0o640, uid: 0, gid: 0 });
  expect(statSync(lent.path).mode & 0o777).toBe(0o640);
  expect(await Promise.all([ask(lent.path, "a"), ask(lent.path, "b")])).toEqual(["echo a", "echo b"]);
  const idle = connect(lent.path);
  await once(idle, "connect");
  await Promise.all([once(idle, "close"), lent.release()]);
  expect(existsSync(lent.path)).toBe(false);
});

test("an agent that is gone ends the connection, not the build", async () => {
  const lent = await lendAgent(join(folder, "none"), { mode: 0o600, uid: 0, gid: 0 });
  expect(await ask(lent.path, "a").catch(() => "")).toBe("");
  await lent.release();
});
