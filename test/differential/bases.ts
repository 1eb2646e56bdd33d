import { execFileSync } from "node:child_process";
import type { Descriptor } from "@tsbuild/oci";
import { type FileEntry, hostPlatform, type ImageConfig, type LocalStore, writeImage, writeLayer } from "@tsbuild/oci";
import { BASE, TRIGGER_BASE } from "./random-dockerfile.ts";

/** Why the base images can not be made; undefined: they can. */
export function basesMissing(): string | undefined {
  try {
    execFileSync(BUSYBOX, ["true"]);
    return undefined;
  } catch {
    return "needs Debian's busybox-static";
  }
}

const BUSYBOX = "/bin/busybox";

/** An image to start from, in our store. */
export interface BaseImage {
  readonly name: string;
  readonly descriptor: Descriptor;
}

/** Makes the images that Dockerfiles start from: busybox with some users, and one with triggers on top of it. */
export async function makeBases(store: LocalStore): Promise<readonly BaseImage[]> {
  const system = await writeLayer(store, systemFiles());
  const second = await writeLayer(store, [
    { path: "data/base", content: "of the second layer\n", mode: 0o640, uid: 1000, gid: 100 },
    { path: "up/link", linkTarget: "/data" },
    { path: "srv/deep/", mode: 0o750, gid: 33 },
  ]);
  const plain = { layers: [system], config: configOf([system.diffId], { Cmd: ["sh"], Env: [PATH, "ONE=base"] }) };
  const child = { layers: [system, second], config: configOf([system.diffId, second.diffId], CHILD) };
  const made: BaseImage[] = [];
  for (const [name, parts] of [
    [BASE, plain],
    [TRIGGER_BASE, child],
  ] as const) {
    const { descriptor } = await writeImage(store, parts);
    await store.tag(descriptor, `docker.io/${name}`);
    made.push({ name, descriptor });
  }
  return made;
}

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const CHILD: ImageConfig["config"] = {
  Cmd: ["serve", "it"],
  Entrypoint: ["/entry"],
  Env: [PATH, "TWO=child value", "K="],
  ExposedPorts: { "80/tcp": {} },
  Healthcheck: { Test: ["CMD-SHELL", "true"], Interval: 5_000_000_000 },
  Labels: { from: "child", "pa.th": "x y" },
  OnBuild: ["RUN echo first > /onbuild-first", "ENV TRIGGER=yes"],
  StopSignal: "SIGINT",
  Volumes: { "/data": {} },
  WorkingDir: "/w",
};

function configOf(diffIds: readonly string[], config: ImageConfig["config"]): ImageConfig {
  const created = "2020-01-01T00:00:00Z";
  const { architecture } = hostPlatform();
  const history = diffIds.map((_, at) => ({ created, created_by: `layer ${at}` }));
  return {
    created,
    architecture,
    os: "linux",
    config,
    rootfs: { type: "layers", diff_ids: diffIds },
    history,
  } as ImageConfig;
}

function systemFiles(): FileEntry[] {
  const applets = execFileSync(BUSYBOX, ["--list"], { encoding: "utf8" }).trim().split("\n");
  return [
    { path: "bin/busybox", content: { file: BUSYBOX }, mode: 0o755 },
    ...applets.filter((name) => name !== "busybox").map((name) => ({ path: `bin/${name}`, linkTarget: "busybox" })),
    {
      path: "etc/passwd",
      content: "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\nbob:x:1001:100::/:\n",
    },
    { path: "etc/group", content: "root:x:0:\nusers:x:100:alice\nalice:x:1000:\nextra:x:77:alice,bob\n" },
    { path: "etc/hosts", content: "" },
    { path: "etc/resolv.conf", content: "" },
    { path: "etc/hostname", content: "" },
    { path: "etc/conf/hard", content: "linked\n" },
    { path: "etc/conf/hard2", type: "hardlink", linkTarget: "etc/conf/hard" },
    { path: "home/alice/.profile", content: "# profile\n", uid: 1000, gid: 1000 },
    { path: "home/alice/", uid: 1000, gid: 1000, mode: 0o700 },
    { path: "link", linkTarget: "data" },
    { path: "data/", mode: 0o775, gid: 100 },
    { path: "tmp/", mode: 0o1777 },
    ...["dev/", "proc/", "sys/", "root/"].map((path) => ({ path })),
  ];
}
