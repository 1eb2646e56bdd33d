import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBusybox } from "./testing/busybox.ts";

const TOOLS = ["/usr/sbin/useradd", "/usr/sbin/userdel", "/usr/bin/setpriv"];
const canMakeUsers = process.getuid?.() === 0 && TOOLS.every((tool) => existsSync(tool));
const project = fileURLToPath(new URL("../../../", import.meta.url));

/** The whole contract again, as users who are made for it. */
describe.skipIf(!canMakeUsers || !hasBusybox || !isReadableByAll(project))(
  "a user who is not root (needs root, useradd, setpriv and busybox)",
  () => {
    // Together they cover all rungs; each of them with both users takes minutes.
    describe.each([
      {
        kind: "with a range of ids",
        name: `tsbtest${process.pid % 10000}a`,
        options: ["--add-subids-for-system"],
        rungs: "native|crun|bubblewrap",
      },
      { kind: "without one", name: `tsbtest${process.pid % 10000}b`, options: [], rungs: "native|runc|proot" },
    ])("$kind", ({ name, options, rungs }) => {
      beforeAll(() => {
        execFileSync("/usr/sbin/useradd", ["--system", "--create-home", ...options, name]);
      });
      afterAll(() => {
        execFileSync("/usr/sbin/userdel", ["--force", "--remove", name], { stdio: "ignore" });
      });

      it("keeps the contract", { timeout: 300_000 }, () => {
        const id = (flag: string): string => execFileSync("id", [flag, name], { encoding: "utf8" }).trim();
        const user = ["--reuid", id("-u"), "--regid", id("-g"), "--clear-groups"];
        const vitest = join(project, "node_modules/vitest/vitest.mjs");
        const tests = ["process", "layer-of-step", "workspace", "execution"].map(
          (test) => `packages/runtime/src/${test}.test.ts`,
        );
        const run = [
          process.execPath,
          vitest,
          "run",
          "--configLoader",
          "runner",
          "--reporter",
          "dot",
          "-t",
          `(?:${rungs}) on `,
          ...tests,
        ];
        const outcome = spawnSync("/usr/bin/setpriv", [...user, ...run], {
          cwd: project,
          encoding: "utf8",
          env: { PATH: process.env.PATH, HOME: "/tmp", NO_COLOR: "1" },
        });
        expect(`${outcome.stdout}${outcome.stderr}`).not.toMatch(/\d+ failed/);
        expect(outcome.stdout).toMatch(/Tests +\d+ passed/);
        expect(outcome.status).toBe(0);
      });
    });
  },
);

/** Other users must get at the checkout. */
function isReadableByAll(folder: string): boolean {
  for (let path = folder; path !== "/"; path = dirname(path)) {
    if ((statSync(path).mode & 0o005) !== 0o005) return false;
  }
  return true;
}
