import { describe, expect, test } from "vitest";
import { expand } from "../expand.ts";
import { parseDuration } from "./parse-duration.ts";
import { checkMountFlag, parseMountFlag } from "./parse-mount.ts";
import { parsePortSpec } from "./parse-ports.ts";
import { parseSize } from "./scalars.ts";
import { signalNumber } from "./stop-signal.ts";

describe("parseMountFlag", () => {
  test.each([
    ["target=/a", { type: "bind", target: "/a", readOnly: true }],
    [
      "type=cache,dst=/c,sharing=locked,mode=0700,uid=1000",
      { type: "cache", target: "/c", readOnly: false, sharing: "locked", mode: 0o700, uid: 1000 },
    ],
    ["type=tmpfs,target=/t,size=1.5k", { type: "tmpfs", sizeLimit: 1536, readOnly: false }],
    ["type=secret,id=npm,required", { type: "secret", id: "npm", required: true }],
    ["type=secret,id=npm,env=TOKEN", { env: "TOKEN" }],
    ["type=bind,source=a,target=/b,rw", { source: "a", readOnly: false }],
    ['"type=bind","target=/a,b"', { target: "/a,b" }],
    ["TYPE=SSH", { type: "ssh" }],
  ])("%s", (value, expected) => {
    expect(parseMountFlag(value)).toMatchObject(expected);
  });

  test.each([
    ["type=cahce,target=/a", 'unsupported mount type "cahce" (did you mean cache?)'],
    ["type=bind,traget=/a", "unexpected key 'traget' in 'traget=/a' (did you mean target?)"],
    ["type=bind,target=/a,mode=0700", 'mode not allowed for "bind" type mounts'],
    ["type=cache,target=/a,mode=8", "invalid value 8 for mode"],
    ["type=secret", "invalid secret mount. one of source, target required"],
    ["type=secret,id=a,src=b", "both source and id can't be set"],
    ["type=bind,required", "unexpected key 'required' for mount type 'bind'"],
    ["type=tmpfs,target=/a,size=1x", "invalid value for size: 1x"],
    ["target", "invalid field 'target' must be a key=value pair"],
    ["type=bind,sharing=locked,target=/a", "invalid cache sharing set for bind mount"],
    ['"a', 'failed to parse csv mounts: parse error on line 1, column 2: extraneous or missing " in quoted-field'],
  ])("%s is an error", (value, error) => {
    expect(parseMountFlag(value)).toEqual({ error });
  });

  test("expands each value by itself", () => {
    const env = (name: string) => (name === "DIR" ? "/var,x" : undefined);
    expect(parseMountFlag("type=cache,target=$DIR/cache", (word) => expand(word, env))).toMatchObject({
      target: "/var,x/cache",
    });
  });

  test("finds out before any expansion that `from` has a variable", () => {
    expect(checkMountFlag("type=bind,from=$X,target=/a")).toHaveProperty("error");
    expect(checkMountFlag("type=$TYPE,target=/a")).toBeUndefined();
  });
});

describe("parseDuration", () => {
  test.each([
    ["0", 0],
    ["1ms", 1e6],
    ["1h2m3.5s", 3723.5e9],
    ["0.3s", 300_000_000],
    ["-1.5us", -1500],
    [".5s", 5e8],
  ])("%s", (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  test.each(["", "1", "s", "1x", "1.s.", "--1s", "."])("%j is an error", (text) => {
    expect(parseDuration(text)).toHaveProperty("error");
  });
});

describe("parsePortSpec", () => {
  test("expands ranges and tells of mappings", () => {
    expect(parsePortSpec("127.0.0.1:80-82:8000-8002/UDP")).toEqual({
      ports: ["8000/udp", "8001/udp", "8002/udp"],
      protocol: "UDP",
      hasMapping: true,
    });
    expect(parsePortSpec("[::1]:80:80")).toMatchObject({ ports: ["80/tcp"] });
  });

  test.each(["65536", "9-8", "80/icmp", "256.0.0.1:1:2", "1-2:3-5", "x"])("%s is an error", (spec) => {
    expect(parsePortSpec(spec)).toHaveProperty("error");
  });
});

test.each([
  ["SIGTERM", 15],
  ["term", 15],
  ["9", 9],
  ["SIGSYS", 31],
  ["RTMIN+3", 37],
  ["SIGRTMAX-1", 63],
  ["SIGFOO", undefined],
  ["0", undefined],
  ["65", undefined],
])("signal %s is %s", (text, expected) => {
  expect(signalNumber(text)).toBe(expected);
});

test.each([
  ["10", 10],
  ["1k", 1024],
  ["1.5MiB", 1_572_864],
  ["2 gb", 2_147_483_648],
  ["1kk", undefined],
  ["k", undefined],
])("size %s is %s bytes", (text, expected) => {
  expect(parseSize(text)).toBe(expected);
});
