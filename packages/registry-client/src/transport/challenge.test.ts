import { expect, test } from "vitest";
import { parseChallenges } from "./challenge.ts";

const cases: readonly (readonly [
  header: string,
  challenges: readonly (readonly [string, Record<string, string>])[],
])[] = [
  ["", []],
  ["Basic", [["basic", {}]]],
  ['Basic realm="a, b"', [["basic", { realm: "a, b" }]]],
  [
    'Bearer realm="https://a/token",service="s",scope="repository:a/b:pull,push"',
    [["bearer", { realm: "https://a/token", service: "s", scope: "repository:a/b:pull,push" }]],
  ],
  [
    'bearer REALM=https://a/token , service = x, BASIC realm="y"',
    [
      ["bearer", { realm: "https://a/token", service: "x" }],
      ["basic", { realm: "y" }],
    ],
  ],
  ['Bearer realm="a\\"b"', [["bearer", { realm: 'a"b' }]]],
  [
    "Negotiate, Basic realm=x",
    [
      ["negotiate", {}],
      ["basic", { realm: "x" }],
    ],
  ],
  [
    'Bearer realm="unfinished',
    [
      ["bearer", { realm: "" }],
      ["unfinished", {}],
    ],
  ],
  [",,,= =,", []],
];

test.each(cases)("%s", (header, challenges) => {
  const parsed = parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
  expect(parsed).toEqual(challenges);
});

test("a hostile header takes no time", () => {
  for (const part of ['a="', "a=", ",", " ", 'a="\\']) parseChallenges(part.repeat(100_000));
});
