import { expect, test } from "vitest";
import { ownerOf } from "./owner.ts";

const FILES: Readonly<Record<string, string>> = {
  "etc/passwd": "root:x:0:0::/:\nnode:x:1000:1001::/:\nbroken\n5:x:77:78::/:\n",
  "etc/group": "root:x:0:\nstaff:x:50:\n",
};
const readFile = (path: string): Uint8Array | undefined => {
  const text = FILES[path];
  return text === undefined ? undefined : Buffer.from(text);
};

test.each([
  ["0", 0, 0],
  ["12", 12, 12],
  ["12:13", 12, 13],
  ["12:", 12, 12],
  ["node", 1000, 1001],
  ["node:staff", 1000, 50],
  ["node:7", 1000, 7],
  ["3:staff", 3, 50],
  ["5", 5, 5],
  ["nobody", 0, 0],
  ["node:nogroup", 1000, 1001],
])("%s", (text, uid, gid) => expect(ownerOf(text, readFile)).toEqual({ uid, gid }));

test("without files every name is root", () => {
  expect(ownerOf("node:staff", () => undefined)).toEqual({ uid: 0, gid: 0 });
});
