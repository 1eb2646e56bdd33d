import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import type { FileEntry } from "@tsbuild/oci";

const BUSYBOX = "/bin/busybox";

/** A static busybox is what the tests' images are made of. */
export const hasBusybox: boolean = existsSync(BUSYBOX);

/** A root file system: busybox under all its names, and two accounts. */
export function busyboxEntries(): readonly FileEntry[] {
  const applets = execFileSync(BUSYBOX, ["--list"], { encoding: "utf8" }).trim().split("\n");
  return [
    { path: "bin/busybox", content: readFileSync(BUSYBOX), mode: 0o755 },
    ...applets
      .filter((name) => name !== "busybox")
      .map((name) => ({ path: `bin/${name}`, type: "symlink" as const, linkTarget: "busybox" })),
    { path: "etc/passwd", content: "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n", mode: 0o644 },
    { path: "etc/group", content: "root:x:0:\napp:x:1000:\nextra:x:2000:app\n", mode: 0o644 },
    { path: "tmp", type: "directory", mode: 0o1777 },
    { path: "root", type: "directory", mode: 0o700 },
    { path: "home/app", type: "directory", mode: 0o755, uid: 1000, gid: 1000 },
  ];
}
