import { hostname } from "node:os";
import { TsbuildError } from "@tsbuild/oci";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProcessSpec } from "./process.ts";
import { SUITES } from "./testing/suites.ts";
import { openWorkbench, type Workbench } from "./testing/workbench.ts";

const SHOW = 'echo "$A|$(pwd)|$(hostname)|$1|$HOME"';

describe.each(SUITES)("$title: a process", ({ options, skip, singleId, contained }) => {
  describe.skipIf(skip)("here", () => {
    let bench: Workbench;
    const sh = async (command: string, process: Partial<ProcessSpec> = {}, layers = [bench.base]): Promise<string> =>
      await bench.output({ ...process, args: ["/bin/sh", "-c", command] }, layers);

    beforeAll(async () => {
      bench = await openWorkbench(options);
    });
    afterAll(() => bench.close());

    it.each([
      ["true", { exitCode: 0 }],
      ["exit 7", { exitCode: 7 }],
      ["sh -c 'kill -TERM $$'; exit $?", { exitCode: 143 }],
    ])("%s ends with %o", async (command, status) => {
      expect((await bench.run(command)).status).toEqual(status);
    });

    it.skipIf(options.backend === "chroot")("passes its streams on (needs /proc)", async () => {
      const { stdout, stderr } = await bench.run(
        "echo out; echo err >&2; echo again > /dev/stdout; echo 2 > /dev/stderr",
      );
      expect({ stdout, stderr }).toEqual({ stdout: "out\nagain\n", stderr: "err\n2\n" });
    });

    it("gets environment, folder, arguments and name of the machine", async () => {
      const process = {
        env: ["A=b c", "PATH=/bin"],
        cwd: "/made/here",
        hostname: "box",
        args: ["sh", "-c", SHOW, "x", "y z"],
      };
      expect(await bench.output(process)).toBe(`b c|/made/here|${contained ? "box" : hostname()}|y z|/root\n`);
    });

    it.skipIf(singleId || options.backend === "proot").each([
      ["", "uid=0(root) gid=0(root) groups=0(root)", "/root"],
      ["app", "uid=1000(app) gid=1000(app) groups=1000(app),2000(extra)", "/home/app"],
      ["1000", "uid=1000(app) gid=1000(app) groups=1000(app),2000(extra)", "/home/app"],
      ["app:extra", "uid=1000(app) gid=2000(extra) groups=2000(extra)", "/home/app"],
      ["1234:5", "uid=1234 gid=5 groups=5", "/"],
    ])("runs as user %j (needs more than one id, truly)", async (user, id, home) => {
      expect(await sh("id; echo $HOME", { user })).toBe(`${id}\n${home}\n`);
    });

    it.skipIf(!singleId || options.backend === "proot")(
      "cannot be another user where only one exists (needs a user without a range)",
      async () => {
        await expect(sh("true", { user: "app" })).rejects.toMatchObject({ code: "USER_UNAVAILABLE" });
      },
    );

    it("does not know users that the image does not know", async () => {
      await expect(bench.output({ user: "nobody-here" })).rejects.toSatisfy((error) =>
        TsbuildError.is(error, "USER_UNKNOWN"),
      );
    });

    it.each([
      [["no-such-command"], 127],
      [["/no/such/command"], 127],
      [["/etc/passwd"], 126],
    ] as const)("%j cannot be started", async (args, exitCode) => {
      await expect(bench.output({ args: [...args] })).rejects.toMatchObject({ code: "COMMAND_NOT_STARTED", exitCode });
    });

    it("reads its input", async () => {
      async function* input(): AsyncGenerator<Uint8Array> {
        for (let index = 0; index < 40; index++) yield Buffer.alloc(10_000, "x");
      }
      expect(await bench.output({ args: ["wc", "-c"], stdin: input() })).toBe("400000\n");
      expect(await bench.output({ args: ["wc", "-c"] })).toBe("0\n");
    });

    it("may say a lot", async () => {
      expect((await sh("head -c 3000000 /dev/zero | tr '\\0' 'a'")).length).toBe(3_000_000);
    });

    it.skipIf(!contained)("sees other processes only of its own (needs namespaces)", async () => {
      expect(await sh("echo $$; ls /proc | grep -c '^[0-9]*$'")).toMatch(/^1\n[1-4]\n$/);
    });

    it.skipIf(!contained)("has fourteen capabilities and a filter (needs namespaces)", async () => {
      const status = await sh("grep -E '^(CapBnd|CapEff|CapInh|CapAmb|Seccomp):' /proc/self/status | tr '\\t\\n' '  '");
      expect(status).toMatch(
        /CapInh: 0{16} CapEff: 00000000a80425fb CapBnd: 00000000a80425fb CapAmb: 0{16} Seccomp: 2/,
      );
      if (!singleId) expect(await sh("grep CapEff /proc/self/status", { user: "app" })).toMatch(/\t0{16}\n/);
    });

    it.skipIf(!contained)("cannot mount, nor open a device, nor change the kernel (needs namespaces)", async () => {
      const { stdout } = await bench.run(
        "mount -t tmpfs x /tmp; echo $?; hostname other; echo $?; mknod /tmp/disk b 254 0; cat /tmp/disk; echo $?; mknod /dev/mem2 c 1 1; cat /dev/mem2; echo $?; echo 1 > /proc/sys/kernel/panic; echo $?; unshare -m true; echo $?",
      );
      expect(stdout.split("\n").filter((line) => line === "0")).toEqual([]);
    });

    it.skipIf(!contained)("does not see what is masked (needs namespaces)", async () => {
      expect(await sh("cat /proc/kcore /proc/timer_list 2>/dev/null | wc -c; ls /sys/firmware | wc -l")).toBe("0\n0\n");
    });

    it.skipIf(!contained)("has the usual devices (needs namespaces)", async () => {
      expect(
        await sh(
          "echo x > /dev/null; head -c 2 /dev/zero | wc -c; head -c 2 /dev/urandom | wc -c; ls /dev/pts/ptmx /dev/fd /dev/shm -d",
        ),
      ).toBe("2\n2\n/dev/fd\n/dev/pts/ptmx\n/dev/shm\n");
    });

    it.skipIf(contained)("cannot be kept from the network (needs a rung without namespaces)", async () => {
      await expect(sh("true", { network: "none" })).rejects.toMatchObject({ code: "NETWORK_UNAVAILABLE" });
    });

    it.skipIf(!contained)("without a network sees only itself (needs namespaces)", async () => {
      expect(await sh("ls /sys/class/net; ping -c 1 127.0.0.1 > /dev/null && echo up", { network: "none" })).toBe(
        "lo\nup\n",
      );
    });
  });
});
