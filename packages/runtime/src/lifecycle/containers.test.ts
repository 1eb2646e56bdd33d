import { execFileSync, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeTree } from "../snapshot/remove-tree.ts";
import { CAPABILITIES, DEFAULT_CAPABILITIES } from "../spec/capabilities.ts";
import { MASKED_PATHS, READONLY_PATHS } from "../spec/hidden-paths.ts";
import { hasBusybox } from "../testing/busybox.ts";
import { type Containers, openContainers } from "./containers.ts";

const able = process.getuid?.() === 0 && hasBusybox;

describe.skipIf(!able)("containers (need root and busybox)", () => {
  let folder: string;
  let root: string;
  let containers: Containers;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tsbuild-lifecycle-"));
    root = join(folder, "state");
    containers = openContainers({ root });
    for (const name of ["bin", "proc", "dev", "sys", "etc", "tmp"])
      mkdirSync(join(folder, "rootfs", name), { recursive: true });
    execFileSync("cp", ["/bin/busybox", join(folder, "rootfs/bin/busybox")]);
    execFileSync("chroot", [join(folder, "rootfs"), "/bin/busybox", "--install", "-s", "/bin"]);
  });
  afterAll(async () => {
    for (const { id } of containers?.list() ?? []) await containers.delete(id, { force: true });
    removeTree(folder);
  });

  /** A bundle whose process runs this, with what the process says in a file. */
  function bundle(command: string, change: object = {}): { readonly bundle: string; readonly config: string } {
    const config = join(folder, "config.json");
    writeFileSync(config, JSON.stringify({ ...configOf(["sh", "-c", command]), ...change }));
    return { bundle: folder, config };
  }

  async function run(id: string, options: { readonly bundle: string }): Promise<{ exitCode: number; said: string }> {
    const file = join(folder, "said");
    const fd = openSync(file, "w+");
    const input = openSync("/dev/null", "r");
    try {
      const { exitCode } = await containers.run(id, { ...options, streams: [input, fd, fd] });
      return { exitCode, said: readFileSync(file, "utf8") };
    } finally {
      closeSync(fd);
      closeSync(input);
    }
  }

  it("run: created, started, waited for and deleted", async () => {
    expect(await run("once", bundle("echo $$ $(hostname); exit 5"))).toEqual({ exitCode: 5, said: "1 box\n" });
    expect(containers.list()).toEqual([]);
  });

  it("live from create to delete, and every operation in the wrong state is refused without effect", async () => {
    const options = { ...bundle("sleep 1000"), pidFile: join(folder, "pid") };
    const wrong = { code: "CONTAINER_STATE" };
    const { pid, status } = await containers.create("one", options);
    expect({ status, pid }).toEqual({ status: "created", pid: Number(readFileSync(options.pidFile, "utf8")) });
    await expect(containers.create("one", options)).rejects.toMatchObject({ code: "CONTAINER_EXISTS" });
    await expect(containers.exec("one", { args: ["true"], cwd: "/" })).rejects.toMatchObject(wrong);
    await expect(containers.delete("one")).rejects.toMatchObject(wrong);
    await containers.start("one");
    await expect(containers.start("one")).rejects.toMatchObject(wrong);
    expect(containers.state("one")).toMatchObject({ status: "running", pid, bundle: folder });
    expect(await containers.exec("one", { args: ["sh", "-c", "exit 4"], cwd: "/" })).toEqual({ exitCode: 4 });
    await expect(containers.exec("one", { args: ["absent"], cwd: "/" })).rejects.toMatchObject({ exitCode: 127 });
    expect(() => containers.kill("one", "NOSUCH")).toThrow(/no signal/);
    containers.kill("one", "KILL");
    await expect.poll(() => containers.state("one").status).toBe("stopped");
    expect(() => containers.kill("one")).toThrow(/stopped/);
    await containers.delete("one");
    expect(() => containers.state("one")).toThrow(/no container/);
    expect(readdirSync(root).filter((name) => !name.startsWith("launcher-"))).toEqual([]);
  });

  it.each([
    ["a command that is absent", { process: { args: ["absent"], cwd: "/" } }, "COMMAND_NOT_STARTED"],
    ["no process", { process: undefined }, "CONFIG_INVALID"],
    [
      "an unknown capability",
      { process: { args: ["sh"], cwd: "/", capabilities: { bounding: ["CAP_X"] } } },
      "CONFIG_INVALID",
    ],
    [
      "an unknown limit",
      { process: { args: ["sh"], cwd: "/", rlimits: [{ type: "X", soft: 1, hard: 1 }] } },
      "CONFIG_INVALID",
    ],
    [
      "a source that is absent",
      { mounts: [{ destination: "/mnt", source: "/absent", options: ["bind"] }] },
      "MOUNT_INVALID",
    ],
    ["a hook that fails", { hooks: { createRuntime: [{ path: "/bin/false" }] } }, "HOOK_FAILED"],
    ["an unknown namespace", { linux: { namespaces: [{ type: "moon" }] } }, "CONFIG_INVALID"],
  ])("with %s are not created, and nothing stays", async (_title, change, code) => {
    await expect(containers.create("bad", bundle("true", change))).rejects.toMatchObject({ code });
    expect(existsSync(join(root, "bad"))).toBe(false);
  });

  it.each(["../up", "a/b", "", "-x"])("have no name like %j", async (id) => {
    await expect(containers.create(id, bundle("true"))).rejects.toMatchObject({ code: "CONTAINER_ID_INVALID" });
  });

  it("run hooks, with the state as their input", async () => {
    const file = join(folder, "hooked");
    const hook = { path: "/bin/sh", args: ["sh", "-c", `cat >> ${file}; echo >> ${file}`] };
    await run("hooked", bundle("true", { hooks: { createRuntime: [hook], poststart: [hook], poststop: [hook] } }));
    const states = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { status: string });
    expect(states.map(({ status }) => status)).toEqual(["creating", "running", "stopped"]);
  });

  describe.each(["runc", "crun"])("beside %s", (peer) => {
    const show = [
      "grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs)' /proc/self/status",
      // Ours covers devices one by one, where others make nodes; what covers a masked path differs between all three.
      "cut -d' ' -f5 /proc/self/mountinfo | grep -v -E '^/dev/(null|zero|full|random|urandom|tty)$' | sort -u",
      "ulimit -n; ulimit -c; umask; pwd; hostname; env | grep -v ^HOME= | sort; ls /dev | grep -v -E 'console|core'; cat /proc/kcore 2>&1 | head -c 1 | wc -c",
      "exit 7",
    ].join("; ");

    it.skipIf(!installed(peer))(`the same config gives the same process (needs ${peer})`, async () => {
      const options = bundle(show);
      const own = await run("same", options);
      const outcome = spawnSync(
        "unshare",
        [
          "-m",
          "--propagation",
          "slave",
          "sh",
          "-c",
          WITHOUT_UNIFIED,
          "x",
          peer,
          "--root",
          join(folder, peer),
          "run",
          "--bundle",
          folder,
          `same-${process.pid}`,
        ],
        { encoding: "utf8" },
      );
      expect({ exitCode: own.exitCode, said: own.said }).toEqual({ exitCode: outcome.status, said: outcome.stdout });
    });
  });
});

/** crun refuses machines with both versions of cgroups. */
const WITHOUT_UNIFIED = 'umount -l /sys/fs/cgroup/unified 2>/dev/null; exec "$@"';

function installed(program: string): boolean {
  return ["/usr/sbin", "/usr/bin"].some((place) => existsSync(join(place, program)));
}

function configOf(args: readonly string[]): object {
  const capabilities = DEFAULT_CAPABILITIES.filter((name) => CAPABILITIES.includes(name)).map((name) => `CAP_${name}`);
  const strict = ["nosuid", "noexec", "nodev"];
  return {
    ociVersion: "1.0.2",
    process: {
      args,
      cwd: "/tmp",
      env: ["PATH=/bin", "A=b c"],
      user: { uid: 1000, gid: 1000, additionalGids: [2000] },
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: [{ type: "RLIMIT_NOFILE", soft: 512, hard: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: "rootfs" },
    hostname: "box",
    mounts: [
      { destination: "/proc", type: "proc", source: "proc", options: strict },
      {
        destination: "/dev",
        type: "tmpfs",
        source: "tmpfs",
        options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
      },
      {
        destination: "/dev/pts",
        type: "devpts",
        source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
      },
      { destination: "/dev/shm", type: "tmpfs", source: "shm", options: [...strict, "mode=1777", "size=65536k"] },
      { destination: "/sys", type: "sysfs", source: "sysfs", options: [...strict, "ro"] },
    ],
    linux: {
      namespaces: ["mount", "pid", "ipc", "uts", "network"].map((type) => ({ type })),
      maskedPaths: MASKED_PATHS,
      readonlyPaths: READONLY_PATHS,
    },
  };
}
