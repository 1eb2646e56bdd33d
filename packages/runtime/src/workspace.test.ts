import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FileEntry, type Layer, writeLayer } from "@tsbuild/oci";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProcessSpec } from "./process.ts";
import { SUITES } from "./testing/suites.ts";
import { tarNames } from "./testing/tar-names.ts";
import { execute, openWorkbench, type Workbench } from "./testing/workbench.ts";

describe.each(SUITES)("$title: a workspace", ({ options, skip, contained }) => {
  describe.skipIf(skip)("here", () => {
    let bench: Workbench;
    const names = (layer: Layer): readonly string[] => [...tarNames(bench.store.blobPath(layer.diffId))];
    const layerOf = (entries: readonly FileEntry[]): Promise<Layer> => writeLayer(bench.store, entries);
    const sh = async (command: string, process: Partial<ProcessSpec> = {}, layers = [bench.base]): Promise<string> =>
      await bench.output({ ...process, args: ["/bin/sh", "-c", command] }, layers);

    beforeAll(async () => {
      bench = await openWorkbench(options);
    });
    afterAll(() => bench.close());

    describe("a workspace", () => {
      it("runs one process after the other, and forgets", async () => {
        await using workspace = await bench.runtime.prepare([bench.base]);
        await execute(workspace, {
          args: ["sh", "-c", "echo new:x:0:0::/new:/bin/sh >> /etc/passwd; rm -r /home; mkdir /home"],
        });
        expect((await execute(workspace, { args: ["sh", "-c", "echo $HOME"], user: "new" })).stdout).toBe("/new\n");
        expect((await execute(workspace, { args: ["ls", "/home"] })).stdout).toBe("");
        await workspace.discard();
        await expect(async () => workspace.execute({ args: ["true"] })).rejects.toMatchObject({
          code: "WORKSPACE_BUSY",
        });
        expect(await sh("ls /home")).toBe("app\n");
      });

      it("stands on nothing", async () => {
        await using workspace = await bench.runtime.prepare([]);
        await expect(execute(workspace, { args: ["/nothing"] })).rejects.toMatchObject({ exitCode: 127 });
        expect(names(await workspace.commit())).toEqual([]);
      });

      it("shares its layers with others at the same time", async () => {
        const results = await Promise.all(
          Array.from({ length: 8 }, (_, index) => bench.run(`echo ${index} > /mine; cat /mine; ls / | grep -c mine`)),
        );
        expect(results.map(({ stdout }) => stdout)).toEqual(results.map((_, index) => `${index}\n1\n`));
      });

      it("mounts layers, to read and to write to in vain", async () => {
        const other = await layerOf([
          { path: "data/file", content: "data" },
          { path: "link", type: "symlink", linkTarget: "/data" },
        ]);
        const mount = { type: "layers", layers: [other], target: "/mnt/x" } as const;
        expect(
          await sh("cat /mnt/x/file; touch /mnt/x/n || echo refused", {
            mounts: [{ ...mount, path: "link", readonly: true }],
          }),
        ).toBe(contained ? "datarefused\n" : "data");
        const { stdout, layer } = await bench.run("echo w > /mnt/x/data/file; cat /mnt/x/data/file", [bench.base], {
          mounts: [{ ...mount, path: "" }],
        });
        expect(stdout).toBe("w\n");
        expect(names(layer)).toEqual([]);
        expect(await sh("cat /mnt/x", { mounts: [{ ...mount, path: "data/file" }] })).toBe("data");
        await expect(sh("true", { mounts: [{ ...mount, path: "absent" }] })).rejects.toMatchObject({
          code: "NOT_FOUND",
        });
      });
    });

    describe("a hostile image", () => {
      it.each(["proc", "sys", "dev"])("with /%s as a symlink is refused", async (name) => {
        const outside = mkdtempSync(join(bench.folder, "outside-"));
        const evil = await layerOf([{ path: name, type: "symlink", linkTarget: outside }]);
        const outcome = await sh("true", {}, [bench.base, evil]).catch((error: unknown) => error);
        expect(outcome).toMatchObject({ code: "RUNTIME_FAILED" });
        expect(readdirSync(outside)).toEqual([]);
      });

      it("cannot lead files, users or mounts out of the root", async () => {
        const outside = join(bench.folder, "outside");
        mkdirSync(outside, { recursive: true });
        writeFileSync(join(outside, "passwd"), "spy:x:4242:1::/:/bin/sh\n");
        const links = ["etc/resolv.conf", "etc/hosts", "mnt"].map((path) => ({
          path,
          type: "symlink" as const,
          linkTarget: `../../../../../..${outside}/made-by-${path.replace("/", "-")}`,
        }));
        const evil = await layerOf([
          ...links,
          { path: "etc/passwd", type: "symlink", linkTarget: `${outside}/passwd` },
        ]);
        const mounts = [{ type: "tmpfs", target: "/mnt/deep" }] as const;
        await expect(sh("true", { user: "spy" }, [bench.base, evil])).rejects.toMatchObject({ code: "USER_UNKNOWN" });
        const { status, layer } = await bench.run("true", [bench.base, evil], { mounts, user: "0" });
        expect(status.exitCode).toBe(0);
        expect(existsSync(join(outside, "made-by-mnt"))).toBe(false);
        expect(names(layer)).toEqual([]);
      });
    });
  });
});
