import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LAUNCHER_ELF, type LauncherArch } from "./launcher-elf.ts";
import { createScript, type ScriptBuilder } from "./script.ts";

const FLAGS =
  "-Os -static -nostdlib -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-ident -Wl,--build-id=none -Wl,-z,noseparate-code -s";
/** What the constants were built with: another compiler gives other bytes. */
const GCC = "12.2.0";
const MACHINES = [
  { arch: "x64", gcc: "gcc", extra: ["-fcf-protection=none"], emulator: undefined },
  { arch: "arm64", gcc: "aarch64-linux-gnu-gcc", extra: [], emulator: "qemu-aarch64-static" },
] as const;

describe.each(MACHINES)("the launcher for $arch", ({ arch, gcc, extra, emulator }) => {
  let folder: string;
  let built: string;
  const native = arch === process.arch;
  const runnable = native || (emulator !== undefined && has(emulator));
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tsbuild-launcher-"));
    built = join(folder, "built");
    writeFileSync(join(folder, "embedded"), Buffer.from(LAUNCHER_ELF[arch], "base64"), { mode: 0o755 });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (file: string, write: (script: ScriptBuilder) => void) => {
    const bytes = scriptFor(arch, write);
    const scriptFile = join(folder, "script");
    writeFileSync(scriptFile, bytes);
    const command = native ? [file] : [emulator ?? "", file];
    return spawnSync(command[0] ?? "", command.slice(1), {
      stdio: ["ignore", "pipe", "pipe", openSync(scriptFile, "r"), "pipe"],
    });
  };

  it.skipIf(!has(gcc) || version(gcc) !== GCC)(`is launcher.c, byte for byte (needs ${gcc} ${GCC})`, () => {
    const source = fileURLToPath(new URL("./launcher.c", import.meta.url));
    execFileSync(gcc, [...FLAGS.split(" "), ...extra, "-o", built, source]);
    expect(readFileSync(built).toString("base64")).toBe(LAUNCHER_ELF[arch]);
  });

  it.skipIf(!runnable)(`runs calls, jumps and hands results on (needs ${emulator ?? arch})`, () => {
    const outcome = run(join(folder, "embedded"), (script) => {
      const [count, result] = [script.slot(3), script.slot()];
      script.label("again");
      script.call("write", [1, script.text("x"), 1], { result });
      script.copy(count, count);
      script.call("openat", [-100, "/does/not/exist", 0, 0], { result, onError: "caught" });
      script.call("exit_group", [1]);
      script.label("caught");
      script.jumpIfEqual(result, -2, "good");
      script.call("exit_group", [2]);
      script.label("good");
      script.call("exit_group", [count]);
    });
    expect({ status: outcome.status, said: outcome.stdout.toString() }).toEqual({ status: 3, said: "x" });
  });

  it.skipIf(!runnable)(`reports the call that failed (needs ${emulator ?? arch})`, () => {
    const outcome = run(join(folder, "embedded"), (script) => {
      script.call("chdir", ["/"]);
      script.call("chdir", ["/does/not/exist"]);
    });
    const report = outcome.output[4] as unknown as Buffer;
    expect(outcome.status).toBe(125);
    expect([report.readBigInt64LE(0), report.readBigInt64LE(8)]).toEqual([80n, 2n]);
  });

  it.skipIf(!runnable)(`without a script ends at once (needs ${emulator ?? arch})`, () => {
    const command = native ? [join(folder, "embedded")] : [emulator ?? "", join(folder, "embedded")];
    expect(spawnSync(command[0] ?? "", command.slice(1), { stdio: "ignore" }).status).toBe(125);
  });
});

function scriptFor(arch: LauncherArch, write: (script: ScriptBuilder) => void): Uint8Array {
  const script = createScript(arch);
  write(script);
  return script.assemble().bytes;
}

function has(command: string): boolean {
  return ["/usr/local/bin", "/usr/bin", "/bin"].some((folder) => existsSync(`${folder}/${command}`));
}

function version(command: string): string {
  return execFileSync(command, ["-dumpfullversion"], { encoding: "utf8" }).trim();
}
