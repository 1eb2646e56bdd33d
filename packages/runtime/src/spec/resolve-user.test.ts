import { TsbuildError } from "@tsbuild/oci";
import { expect, it } from "vitest";
import { resolveUser } from "./resolve-user.ts";

const FILES: Readonly<Record<string, string>> = {
  "/etc/passwd":
    "root:x:0:0:root:/root:/bin/sh\n# comment\n\nweb:x:33:34:,,,:/srv:/bin/sh\n123:x:500:501::/odd:\nbroken\n",
  "/etc/group": "root:x:0:\nweb:x:34:\nadm:x:4:root,web\nmany:x:2000:other,web\n",
};
const read = (path: string): Uint8Array | undefined => (path in FILES ? Buffer.from(FILES[path] ?? "") : undefined);

it.each([
  ["", { uid: 0, gid: 0, additionalGids: [0, 4], home: "/root" }],
  ["root", { uid: 0, gid: 0, additionalGids: [0, 4], home: "/root" }],
  ["web", { uid: 33, gid: 34, additionalGids: [34, 4, 2000], home: "/srv" }],
  ["33", { uid: 33, gid: 34, additionalGids: [34, 4, 2000], home: "/srv" }],
  ["web:adm", { uid: 33, gid: 4, additionalGids: [4], home: "/srv" }],
  ["web:7", { uid: 33, gid: 7, additionalGids: [7], home: "/srv" }],
  [":adm", { uid: 0, gid: 4, additionalGids: [4], home: "/root" }],
  ["4242", { uid: 4242, gid: 0, additionalGids: [0], home: "/" }],
  ["4242:4243", { uid: 4242, gid: 4243, additionalGids: [4243], home: "/" }],
  ["123", { uid: 500, gid: 501, additionalGids: [501], home: "/odd" }],
])("user %j", (user, expected) => {
  expect(resolveUser(read, user)).toEqual(expected);
});

it.each(["nobody", "web:nogroup", "-1", "4294967295", "2147483648", "web "])("user %j is not known", (user) => {
  expect(() => resolveUser(read, user)).toThrow(expect.objectContaining({ code: "USER_UNKNOWN" }));
});

it("an image without accounts has numbers only", () => {
  expect(resolveUser(() => undefined, "5:6")).toEqual({ uid: 5, gid: 6, additionalGids: [6], home: "/" });
  expect(() => resolveUser(() => undefined, "web")).toThrow(TsbuildError);
});
