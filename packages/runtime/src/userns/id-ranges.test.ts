import { expect, it } from "vitest";
import { idMap } from "./id-ranges.ts";

const me = { name: "me", id: 1001, own: 1001 };
const root = { inside: 0, outside: 1001, size: 1 };

it.each([
  ["", [root]],
  ["other:100000:65536\n", [root]],
  ["me:100000:65536\n", [root, { inside: 1, outside: 100000, size: 65535 }]],
  [
    "1001:100000:10\nme:300000:20\n",
    [root, { inside: 1, outside: 100000, size: 10 }, { inside: 11, outside: 300000, size: 20 }],
  ],
  ["me:0:5\nme:x:5\nme:7\n\n", [root]],
])("the ranges %j", (text, expected) => {
  expect(idMap(text, me)).toEqual(expected);
});
