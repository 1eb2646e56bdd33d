import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** A static busybox of this machine, all that an image for tests of RUN needs; undefined: there is none. */
export const BUSYBOX: string | undefined = ["/bin/busybox", "/usr/bin/busybox"].find(
  (path) => existsSync(path) && spawnSync("ldd", [path]).status !== 0,
);
