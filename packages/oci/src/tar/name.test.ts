import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareNames, decodeName, encodeName } from "./name.ts";

describe("names", () => {
  test("any bytes come back unchanged", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(Buffer.compare(encodeName(decodeName(bytes)), bytes)).toBe(0);
      }),
    );
  });

  test.each([
    ["plain", [0x61], "a"],
    ["two bytes", [0xc3, 0xa9], "\u00e9"],
    ["the replacement character itself", [0xef, 0xbf, 0xbd], "\ufffd"],
    ["latin-1", [0x61, 0xe9], "a\udce9"],
    ["an encoded surrogate", [0xed, 0xb2, 0x80], "\udced\udcb2\udc80"],
    ["an overlong slash", [0xc0, 0xaf], "\udcc0\udcaf"],
    ["cut off", [0xf0, 0x9f, 0x98], "\udcf0\udc9f\udc98"],
    ["beyond Unicode", [0xf4, 0x90, 0x80, 0x80], "\udcf4\udc90\udc80\udc80"],
    ["valid beside invalid", [0xff, 0xf0, 0x9f, 0x98, 0x80], "\udcff\u{1f600}"],
  ])("%s", (_name, bytes, text) => {
    expect(decodeName(Uint8Array.from(bytes))).toBe(text);
    expect([...encodeName(text)]).toEqual(bytes);
  });

  test("the order is that of the bytes", () => {
    const names = fc.array(fc.uint8Array({ minLength: 1, maxLength: 6 }), { maxLength: 8 });
    fc.assert(
      fc.property(names, (list) => {
        const byText = list.map(decodeName).sort(compareNames).map(encodeName);
        const byBytes = list.map((bytes) => Buffer.from(bytes)).sort(Buffer.compare);
        expect(byText.map(String)).toEqual(byBytes.map(String));
        expect(Buffer.concat(byText)).toEqual(Buffer.concat(byBytes));
      }),
    );
  });
});
