import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readScript } from "./read-script.ts";

/** Each command as `depth before|words|after`. */
function shape(text: string): string[] {
  return readScript(text).map(({ words, assignments, before, after, depth }) => {
    const all = [...assignments, ...words].map((word) => word.value).join(" ");
    return [before, all, after].filter((part) => part !== "").join(" ") + (depth === 0 ? "" : ` @${depth}`);
  });
}

describe("readScript", () => {
  test.each<[string, string[]]>([
    ["a b", ["a b"]],
    ["a && b || c; d & e", ["a &&", "&& b ||", "|| c ;", "; d &", "& e"]],
    ["a\nb\n\n# no\nc # d\n", ["a \n", "\n b \n", "\n c \n"]],
    ["a | b |& c", ["a |", "| b |", "| c"]],
    ["a |\n b", ["a |", "| b"]],
    ["a \\\n  b", ["a b"]],
    ["'a b' \"c $d\" e\\ f", ["a b c $d e f"]],
    ["A=1 B=2 make C=3", ["A=1 B=2 make C=3"]],
    ["a > f 2>&1 < g && b >> h", ["a &&", "&& b"]],
    ["if a; then b; elif c; then d; else e; fi; f", ["a ; @1", "; b ; @1", "; c ; @1", "; d ; @1", "; e ; @1", "; f"]],
    ["for x in 1 2 3; do a $x; done && b", ["; a $x ; @1", "&& b"]],
    ["while read x; do a; done < f", ["read x ; @1", "; a ; @1"]],
    ['case "$x" in a|b) c ;; *) d; e;; esac; f', ["c ; @1", "; d ; @1", "; e ; @1", "; f"]],
    ["(a; b) && { c; }", ["a ; @1", "; b @1", "&& c ; @1"]],
    ["a $(b | c) d", ["a $(b | c) d", "b | @1", "| c @1"]],
    ['a "$(b "$(c)")"', ['a $(b "$(c)")', "b $(c) @1", "c @2"]],
    ["f() { a; }; b", ["a ; @1", "; b"]],
    ["A=1 f (b)", ["b"]],
    ["[[ a && b < c ]] && d", ["[[ a && b < c ]] &&", "&& d"]],
    ["x=$((1 + (2))) && a", ["x=$((1 + (2))) &&", "&& a"]],
    ["cat <<EOF > f\na && b\nEOF\nc", ["cat \n", "\n c"]],
    ["cat <<-'E F'\n\ta\n\tE F\nb", ["cat \n", "\n b"]],
    ["! a && time b", ["a &&", "&& time b"]],
    ["echo $" + "{a:-}} `b; c` d", ["echo $" + "{a:-}} `b; c` d"]],
    ["a 'b", ["a b"]],
    [") ; a", ["; a"]],
  ])("%j", (text, expected) => {
    expect(shape(text)).toEqual(expected);
  });

  test("tells what feeds a command", () => {
    const text = "x; a | while read l; do b; done | c; d";
    const fed = readScript(text).map(({ words, pipedFrom }) => [words[0]?.value, pipedFrom]);
    expect(fed).toEqual([
      ["x", undefined],
      ["a", undefined],
      ["read", 3],
      ["b", undefined],
      ["c", 3],
      ["d", undefined],
    ]);
  });

  test("tells words that the shell leaves as they are", () => {
    const [command] = readScript(`a 'b*' c* ~/d $e "f" "$g" {h,i} $ j\\*`);
    const literal = command?.words.filter(({ isLiteral }) => isLiteral).map(({ value }) => value);
    expect(literal).toEqual(["a", "b*", "f", "$", "j*"]);
  });

  const pieces = fc.constantFrom(
    ..."' \" \\ $ ( ) { } ; & | < > << <<- # ` \n a b= if then fi for in do done case esac [[ ]] $( ${ (( )) && || ;; EOF".split(
      " ",
    ),
    " ",
  );

  test("never throws; words stand where they say, in order", () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const text = parts.join("");
        let last = 0;
        for (const { words, assignments, start, end } of readScript(text)) {
          expect(start).toBeGreaterThanOrEqual(last);
          last = start;
          for (const word of [...assignments, ...words]) {
            expect(text.slice(word.start, word.end)).toBe(word.text);
            expect(word.start).toBeGreaterThanOrEqual(start);
            expect(word.end).toBeLessThanOrEqual(end);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  // Quadratic reading of these would take minutes.
  test.each([
    ..."'\"\\$({;&|<#`a1",
    "$(",
    "${",
    "$((",
    "a ",
    "(a;",
    "if ",
    "case ",
    "<<a ",
    "[[ ",
    "a|",
    "\n",
    "9>",
    '"$(',
  ])("takes linear time for %j again and again", (piece) => {
    expect(readScript(piece.repeat(200_000 / piece.length)).length).toBeGreaterThanOrEqual(0);
  });
});
