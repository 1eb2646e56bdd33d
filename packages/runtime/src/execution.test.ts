import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openStore } from "@tsbuild/oci";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRuntime } from "./create-runtime.ts";
import { SUITES } from "./testing/suites.ts";
import { openWorkbench, readText, type Workbench } from "./testing/workbench.ts";

describe.each(SUITES)("$title: an execution", ({ options, skip, contained }) => {
  describe.skipIf(skip)("here", () => {
    let bench: Workbench;
    beforeAll(async () => {
      bench = await openWorkbench(options);
    });
    afterAll(() => bench.close());

    it("can be killed", async () => {
      await using workspace = await bench.runtime.prepare([bench.base]);
      const execution = workspace.execute({ args: ["sh", "-c", "echo up; exec sleep 1000"] });
      for await (const _ of execution.stdout) break;
      execution.kill("SIGKILL");
      // proot has its own number for what a signal ended.
      expect(await execution.exited).toMatchObject({ exitCode: options.backend === "proot" ? 255 : 137 });
    });

    it("passes signals on", async () => {
      await using workspace = await bench.runtime.prepare([bench.base]);
      const execution = workspace.execute({
        args: ["sh", "-c", "trap 'exit 9' USR1; echo up; while :; do sleep 0.1; done"],
      });
      for await (const _ of execution.stdout) break;
      execution.kill("SIGUSR1");
      expect(await execution.exited).toEqual({ exitCode: 9 });
    });

    it.each([
      ["that would not listen", "echo up; sleep 1000"],
      ["that listens", "trap 'exit 0' TERM; echo up; while :; do sleep 0.1; done"],
    ])("%s ends with an abort, with all its children", async (_title, command) => {
      await using workspace = await bench.runtime.prepare([bench.base]);
      const abort = new AbortController();
      const marker = `sleep 98${process.pid}`;
      const execution = workspace.execute(
        { args: ["sh", "-c", `(${marker} & ${marker}) & ${command}`] },
        { signal: abort.signal },
      );
      for await (const _ of execution.stdout) break;
      const reason = new Error("enough");
      abort.abort(reason);
      await expect(execution.exited).rejects.toBe(reason);
      expect(processesWith(marker)).toEqual([]);
      await workspace.discard();
    });

    it("that is aborted at once never starts", async () => {
      await using workspace = await bench.runtime.prepare([bench.base]);
      const abort = new AbortController();
      const execution = workspace.execute({ args: ["sleep", "1000"] }, { signal: abort.signal });
      abort.abort("no");
      await expect(execution.exited).rejects.toBe("no");
    });

    it("has a terminal of the size that was asked for", async () => {
      const { said, exitCode } = await talk("test -t 0 && test -t 1 && stty size; read line; echo got $line; exit 4");
      expect(said).toMatch(/^24 101\n(?:some text\n)?got some text\n$/);
      expect(exitCode).toBe(4);
    });

    it.skipIf(options.backend === "crun")(
      "has a terminal that can be resized (crun 1.8 does not pass it on)",
      async () => {
        const { said } = await talk(
          'stty size; read line; while [ "$(stty size)" != "50 77" ]; do sleep 0.1; done; echo now',
        );
        expect(said).toMatch(/now\n$/);
      },
    );

    /** Runs a command in a terminal; when it has said its size, the terminal is resized and a line is typed. */
    async function talk(command: string): Promise<{ readonly said: string; readonly exitCode: number }> {
      await using workspace = await bench.runtime.prepare([bench.base]);
      let sized = (): void => {};
      const ready = new Promise<void>((resolve) => {
        sized = resolve;
      });
      async function* stdin(): AsyncGenerator<Uint8Array> {
        await ready;
        yield Buffer.from("some text\n");
      }
      const terminal = { columns: 101, rows: 24 };
      const execution = workspace.execute({ args: ["sh", "-c", command], terminal, stdin: stdin() });
      let said = "";
      for await (const chunk of execution.stdout) {
        said += Buffer.from(chunk).toString();
        if (!said.includes("24 101")) continue;
        execution.resize(77, 50);
        sized();
      }
      expect(await readText(execution.stderr)).toBe("");
      const { exitCode } = await execution.exited;
      return { said: said.replaceAll("\r", ""), exitCode };
    }

    it("leaves nothing when the builder is killed", async () => {
      const marker = `97${process.pid}${SUITES.findIndex((suite) => suite.options === options)}`;
      const script = fileURLToPath(new URL("../dist/testing/sleeper.js", import.meta.url));
      const builder = spawn(process.execPath, [script, bench.folder, marker, JSON.stringify(options)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      try {
        const [said] = (await once(builder.stdout, "data")) as [Buffer];
        expect(said.toString()).toBe("up\n");
        await expect.poll(() => processesWith(`sleep ${marker}`).length, { timeout: 5000 }).toBe(2);
      } finally {
        builder.kill("SIGKILL");
        await once(builder, "exit");
      }
      const gone = () => expect.poll(() => processesWith(`sleep ${marker}`), { timeout: 5000 }).toEqual([]);
      // Where no namespace ends them, the next runtime does.
      if (contained) await gone();
      expect(readFileSync("/proc/mounts", "utf8")).not.toContain(bench.folder);
      const root = join(bench.folder, "runtime-of-sleeper");
      expect(readdirSync(join(root, "work")).length).toBeGreaterThan(0);
      await using store = await openStore(join(bench.folder, "store"));
      const next = await createRuntime({ root, store, ...options });
      await gone();
      expect(readdirSync(join(root, "work"))).toEqual([]);
      await next.close();
    });
  });
});

function processesWith(command: string): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").startsWith(command);
      } catch {
        return false;
      }
    });
}
