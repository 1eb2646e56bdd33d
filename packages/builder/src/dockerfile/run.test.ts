import { describe, expect, test } from "vitest";
import { compileText, lastOp, stepNamed } from "../../../../test/support/compile-text.ts";
import type { ExecMount, ExecOp } from "../graph/op.ts";

async function runOf(line: string): Promise<ExecOp> {
  return lastOp(await compileText(`FROM a AS tools\nFROM b\nWORKDIR /w\nARG V=x\n${line}\n`), "exec");
}

const commands: readonly (readonly [line: string, args: readonly string[]])[] = [
  ["RUN echo $V", ["/bin/sh", "-c", "echo $V"]],
  ['RUN ["echo", "$V"]', ["echo", "$V"]],
  ['SHELL ["bash", "-c"]\nRUN x', ["bash", "-c", "x"]],
  ["RUN <<EOF\na\nb $V\nEOF", ["/bin/sh", "-c", "a\nb $V\n"]],
  ["RUN <<-'EOF'\n\ta\nEOF", ["/bin/sh", "-c", "a\n"]],
  ["RUN cat <<ONE <<TWO > f\n1\nONE\n2\nTWO", ["/bin/sh", "-c", "cat <<ONE <<TWO > f\n1\nONE\n2\nTWO"]],
  ["RUN <<EOF\n#!/usr/bin/python3\nprint(1)\nEOF", ["/bin/sh", "-c", "/dev/pipes/EOF"]],
];

const mounts: readonly (readonly [flag: string, mount: Partial<ExecMount>])[] = [
  ["target=/m", { type: "bind", input: 1, source: "/", target: "/m", readonly: true }],
  ["source=src,target=m,rw", { type: "bind", input: 1, source: "/src", target: "/w/m", readonly: false }],
  ["from=tools,src=/bin/$V,target=/m", { type: "bind", input: 1, source: "/bin/x" }],
  ["type=cache,target=/c/", { type: "cache", id: "/c", target: "/c", sharing: "shared", readonly: false }],
  ["type=cache,id=i,target=/c,sharing=locked,uid=5", { type: "cache", id: "i", sharing: "locked", uid: 5 }],
  ["type=cache,from=tools,source=/s,target=/c", { type: "cache", input: 1, source: "/s" }],
  ["type=tmpfs,target=/t,size=1m", { type: "tmpfs", target: "/t", size: 1048576 }],
  ["type=secret,id=s", { type: "secret", id: "s", target: "/run/secrets/s", required: false }],
  ["type=secret,id=s,env=S", { type: "secret", id: "s", env: "S" }],
  [
    "type=secret,target=/k/s,required,mode=440",
    { type: "secret", id: "s", target: "/k/s", required: true, mode: 0o440 },
  ],
  ["type=ssh", { type: "ssh", id: "default", required: false }],
];

const mistakes: readonly (readonly [line: string, message: string])[] = [
  ["RUN --mount=target=/ x", 'invalid mount target "/"'],
  ["RUN --mount=type=nope,target=/m x", 'unsupported mount type "nope"'],
  ["RUN --mount=type=cache,target=/m,z x", "invalid field 'z' must be a key=value pair"],
];

describe("RUN", () => {
  for (const [line, args] of commands) test(line, async () => expect((await runOf(line)).args).toEqual(args));

  for (const [flag, mount] of mounts) {
    test(`--mount=${flag}`, async () => expect((await runOf(`RUN --mount=${flag} x`)).mounts).toMatchObject([mount]));
  }

  for (const [line, message] of mistakes) {
    test(line, async () => await expect(runOf(line)).rejects.toMatchObject({ diagnostics: [{ message }] }));
  }

  test("a script is mounted, not put into the image", async () => {
    const {
      mounts: [script],
    } = await runOf("RUN <<EOF\n#!/bin/x\ny\nEOF");
    expect(script).toEqual({ type: "content", target: "/dev/pipes/EOF", content: "#!/bin/x\ny\n", mode: 0o755 });
  });

  test("network, security, user and directory", async () => {
    const op = await runOf("USER u\nRUN --network=none --security=insecure x");
    expect(op).toMatchObject({ network: "none", security: "insecure", user: "u", cwd: "/w" });
  });

  test("a device that is required is refused, another one is left out", async () => {
    await expect(runOf("RUN --device=vendor.com/class=gpu,required x")).rejects.toMatchObject({
      diagnostics: [{ code: "DEVICE_UNAVAILABLE" }],
    });
    expect(await runOf("RUN --device=vendor.com/class=gpu x")).toMatchObject({ type: "exec" });
  });

  test("on nothing at all", async () => {
    const compiled = await compileText("FROM scratch\nRUN --mount=target=/m x\n");
    expect(lastOp(compiled, "exec")).toMatchObject({ root: -1, mounts: [{ input: 0 }] });
    expect(compiled.root?.inputs).toHaveLength(1);
  });

  test("the value of a secret that is a variable shows as stars", async () => {
    const compiled = await compileText("FROM b\nRUN --mount=type=secret,id=s,env=S use $S\n");
    expect(stepNamed(compiled, "RUN --mount=type=secret,id=s,env=S use ****").op.type).toBe("exec");
  });

  test("what a build says for all of them", async () => {
    const compiled = await compileText("FROM b\nRUN x\n", {
      network: "host",
      extraHosts: ["h:10.0.0.1"],
      hostname: "n",
    });
    expect(lastOp(compiled, "exec")).toMatchObject({ network: "host", extraHosts: ["h:10.0.0.1"], hostname: "n" });
  });
});
