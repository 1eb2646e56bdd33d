import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type FileEntry, type Layer, type LocalStore, openStore, writeLayer } from "@tsbuild/oci";
import { createRuntime, type Runtime } from "@tsbuild/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TSBUILD } from "../support/tsbuild.ts";

const installed = (program: string): boolean =>
  ["/usr/sbin", "/usr/bin"].some((folder) => existsSync(join(folder, program)));
const able = process.getuid?.() === 0 && installed("runc") && existsSync("/bin/busybox");
const project = resolve(dirname(TSBUILD), "../../..");

/** What a container of a CI service has: the programs of this machine, and a place for temporary files. */
const ROOT: readonly FileEntry[] = [
  ...["bin", "sbin", "lib", "lib64"].map((path) => ({ path, type: "symlink" as const, linkTarget: `usr/${path}` })),
  { path: "etc/passwd", content: "root:x:0:0::/root:/bin/sh\nci:x:1001:1001::/tmp:/bin/sh\n", mode: 0o644 },
  { path: "tmp", type: "directory", mode: 0o1777 },
];

/** In a container with the capabilities and the filter of Docker's defaults: no namespace can be made there. */
describe.skipIf(!able)("inside of a container (needs root, runc and busybox)", () => {
  let folder: string;
  let store: LocalStore;
  let runtime: Runtime;
  let base: Layer;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tsbuild-restricted-"));
    store = await openStore(join(folder, "store"));
    runtime = await createRuntime({ root: join(folder, "runtime"), store, backend: "runc" });
    base = await writeLayer(store, ROOT);
    mkdirSync(join(folder, "context"), { mode: 0o755 });
    copyFileSync("/bin/busybox", join(folder, "context/busybox"));
  });
  afterAll(async () => {
    await runtime?.close();
    await store?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  async function tsbuild(user: string, ...args: string[]): Promise<{ readonly code: number; readonly said: string }> {
    await using workspace = await runtime.prepare([base]);
    const sources = [...new Set(["/usr", dirname(process.execPath), project])];
    const outside = sources.filter((path) => path === "/usr" || !path.startsWith("/usr/"));
    const execution = workspace.execute({
      args: [process.execPath, TSBUILD, ...args],
      env: ["HOME=/tmp", "TSBUILD_ROOT=/tmp/store", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "NO_COLOR=1"],
      user,
      mounts: [
        ...outside.map((path) => ({ type: "bind" as const, source: path, target: path, readonly: true })),
        { type: "bind", source: join(folder, "context"), target: "/context", readonly: true },
      ],
    });
    const [out, err, { exitCode }] = await Promise.all([
      text(execution.stdout),
      text(execution.stderr),
      execution.exited,
    ]);
    return { code: exitCode, said: out + err };
  }

  const dockerfile = (command: string): void =>
    writeFileSync(
      join(folder, "context/Dockerfile"),
      `FROM scratch\nCOPY busybox /bin/sh\nRUN ${command}\nRUN read word < /made && test "$word" = one && echo both\n`,
    );

  test("root builds by chroot, with devices of its own", { timeout: 60_000 }, async () => {
    dockerfile("echo one > /made && echo gone > /dev/null && test -c /dev/null && test ! -s /dev/null");
    const { code, said } = await tsbuild("root", "build", "--progress", "plain", "/context");
    expect(said).toMatch(/^#\d+ [\d.]+ both$/m);
    expect(code).toBe(0);
    expect((await tsbuild("root", "doctor")).said).toMatch(
      /^chroot \* +yes +as root: capabilities; a step is kept from/m,
    );
  });

  test.skipIf(!installed("proot"))("another user builds by proot (needs proot)", { timeout: 60_000 }, async () => {
    dockerfile('echo one > /made && test "$(id -u)" = 0');
    const { code, said } = await tsbuild("ci", "build", "--progress", "plain", "/context");
    expect(said).toMatch(/^#\d+ [\d.]+ both$/m);
    expect(code).toBe(0);
    expect((await tsbuild("ci", "doctor")).said).toMatch(/^proot \* +yes +as a user: .*nothing at all/m);
  });

  test.each(["native", "bubblewrap"])("a rung that is asked for, %s, says at once why not", async (name) => {
    dockerfile("true");
    const { code, said } = await tsbuild("ci", "build", "--runtime", name, "/context");
    expect(said).toMatch(new RegExp(`error: no way to start a contained process \\(${name} with`));
    expect(said).toMatch(/hint: Run `tsbuild doctor`/);
    expect(code).toBe(1);
  });
});

async function text(stream: AsyncIterable<Uint8Array>): Promise<string> {
  let all = "";
  for await (const chunk of stream) all += Buffer.from(chunk).toString();
  return all;
}
