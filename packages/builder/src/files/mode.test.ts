import { describe, expect, test } from "vitest";
import { modeChange, octalMode } from "./mode.ts";

describe("--chmod", () => {
  test.each([
    { text: "755", from: 0o644, to: 0o755 },
    { text: "0644", from: 0o4755, to: 0o644 },
    { text: "7777", from: 0, to: 0o7777 },
    { text: "u=rwX,go=rX", from: 0o600, to: 0o644 },
    { text: "u=rwX,go=rX", from: 0o700, to: 0o755 },
    { text: "u=rwX,go=rX", from: 0o600, directory: true, to: 0o755 },
    { text: "+x", from: 0o644, to: 0o755 },
    { text: "+w", from: 0o444, to: 0o644 },
    { text: "a+w", from: 0o444, to: 0o666 },
    { text: "a-x", from: 0o755, to: 0o644 },
    { text: "g=u", from: 0o640, to: 0o660 },
    { text: "o=", from: 0o777, to: 0o770 },
    { text: "u+s", from: 0o755, to: 0o4755 },
    { text: "g+s", from: 0o755, to: 0o2755 },
    { text: "+t", from: 0o777, to: 0o1777 },
    { text: "u-w+x", from: 0o600, to: 0o500 },
    { text: "ug=rw,o=r", from: 0o777, to: 0o664 },
    { text: "go-w", from: 0o1777, directory: true, to: 0o1755 },
  ])("$text makes $to of $from", ({ text, from, directory = false, to }) => {
    expect(modeChange(text)(from, directory).toString(8)).toBe(to.toString(8));
  });

  test.each(["888", "77777", "u", "u+q", "x+r", "", "+x,", "755x"])("%j is refused", (text) => {
    expect(() => modeChange(text)).toThrow(expect.objectContaining({ code: "MODE_INVALID" }));
  });

  test("only octal modes are octal", () => {
    expect([octalMode("0755"), octalMode("u+x"), octalMode("10000")]).toEqual([0o755, undefined, undefined]);
  });
});
