import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FileEntry, type Layer, writeLayer } from "@tsbuild/oci";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProcessSpec } from "./process.ts";
import { SUITES } from "./testing/suites.ts";
import { rawLayer, tarNames } from "./testing/tar-names.ts";
import { openWorkbench, type Workbench } from "./testing/workbench.ts";

describe.each(SUITES)("$title: the layer of a step", ({ options, skip, singleId }) => {
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

    it("has what was written, removed and replaced", async () => {
      const first = await layerOf([
        { path: "d/old", content: "1" },
        { path: "d/gone", content: "2" },
        { path: "r/inner", content: "3" },
        { path: "f", content: "4" },
      ]);
      const [owner, uid, gid] = singleId ? ["0:0", 0, 0] : ["5:6", 5, 6];
      const command = `rm /d/gone && rm -r /r && mkdir /r && echo n > /r/new && rm /f && ln -s d /f && ln /d/old /d/same && mkfifo /p && chown ${owner} /d/old && chmod 4755 /d/old`;
      const { status, stderr, layer } = await bench.run(command, [bench.base, first]);
      expect({ status, stderr }).toEqual({ status: { exitCode: 0 }, stderr: "" });
      const emptied = options.snapshotter === "copy" ? "r/.wh.inner" : "r/.wh..wh..opq";
      expect(names(layer)).toEqual(["d", "d/.wh.gone", "d/old", "d/same", "f", "p", "r", emptied, "r/new"]);
      const tree = bench.tree([bench.base, first, layer]);
      expect(tree.lstat("d/old")).toMatchObject({ mode: 0o4755, uid, gid, size: 1 });
      expect(tree.lstat("d/same")?.linkGroup).toBe(tree.lstat("d/old")?.linkGroup);
      expect(tree.lstat("p")?.type).toBe("fifo");
      expect(tree.readdir("r")).toEqual(["new"]);
      const below = [bench.base, first, layer];
      expect(await sh("ls -R /d /r; readlink /f; stat -c '%a %u %g %h' /d/old", {}, below)).toBe(
        `/d:\nold\nsame\n\n/r:\nnew\nd\n4755 ${uid} ${gid} 2\n`,
      );
    });

    it("is empty where nothing was written", async () => {
      const { layer } = await bench.run(
        "cat /etc/resolv.conf /etc/hosts /etc/hostname > /dev/null; ls /proc /sys /dev > /dev/null",
      );
      expect(names(layer)).toEqual([]);
    });

    it("has no folders that were only passed through", async () => {
      const { layer } = await bench.run("touch /tmp/x /home/app/y; rm /tmp/x /home/app/y");
      expect(names(layer).filter((name) => !["home", "home/app", "tmp"].includes(name))).toEqual([]);
      const unchanged = await bench.run("chmod 1777 /tmp");
      expect(names(unchanged.layer)).toEqual([]);
    });

    it("has no trace of mount points", async () => {
      const host = join(bench.folder, "bound");
      mkdirSync(host, { recursive: true });
      writeFileSync(join(host, "seen"), "from the host");
      const mounts = [
        { type: "bind", source: host, target: "/new/place/bound" },
        { type: "tmpfs", target: "/new/memory" },
        { type: "content", content: Buffer.from("secret"), target: "/run/secrets/token" },
        { type: "bind", source: join(host, "seen"), target: "/etc/one-file", readonly: true },
      ] as const;
      const command =
        "cat /new/place/bound/seen /run/secrets/token /etc/one-file; echo w > /new/memory/x; echo back > /new/place/bound/back";
      const { stdout, layer } = await bench.run(command, [bench.base], { mounts });
      expect(stdout).toBe("from the hostsecretfrom the host");
      expect(names(layer)).toEqual([]);
      expect(readFileSync(join(host, "back"), "utf8")).toBe("back\n");
    });

    it("keeps extended attributes", async () => {
      const xattrs = new Map([["user.note", Buffer.from("hi")]]);
      const first = await layerOf([
        { path: "noted", content: "x", xattrs },
        { path: "dir", type: "directory", xattrs },
      ]);
      const { layer } = await bench.run("echo y >> /noted; touch /dir/a", [bench.base, first]);
      const tree = bench.tree([layer]);
      expect(tree.lstat("noted")?.xattrs?.get("user.note")?.toString()).toBe("hi");
      expect(tree.lstat("dir")?.xattrs?.get("user.note")?.toString()).toBe("hi");
    });

    it("leaves the metadata of folders that a layer only implies alone", async () => {
      const implying = await rawLayer(bench.store, [{ path: "tmp/only-file", type: "file" }]);
      expect(await sh("stat -c %a /tmp", {}, [bench.base, implying])).toBe("1777\n");
      const { layer } = await bench.run("touch /tmp/another", [bench.base, implying]);
      expect(bench.tree([layer]).lstat("tmp")?.mode).toBe(0o1777);
    });

    it("may have names that are no text", async () => {
      const { layer } = await bench.run("touch \"$(printf '/\\377name')\" /ü");
      expect(bench.tree([layer]).readdir("")).toEqual(["ü", "\udcffname"]);
      const again = await bench.run("ls / | grep -c name; rm /?name", [bench.base, layer]);
      expect(again.stdout).toBe("1\n");
    });
  });
});
