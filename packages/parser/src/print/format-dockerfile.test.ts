import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dockerfileLikeTexts, untidyDockerfiles } from "../../../../test/support/arbitrary-dockerfile.ts";
import { layoutFree } from "../../../../test/support/layout-free.ts";
import { parseDockerfile } from "../parse.ts";
import { formatDockerfile } from "./format-dockerfile.ts";

const TIDY = `# syntax=docker/dockerfile:1

ARG VERSION=1 \\
    NAME="a   b"

# The build
FROM --platform=$BUILDPLATFORM node:$VERSION AS build
RUN --mount=type=cache,target=/root/.npm \\
    set -eux; \\
    # comment
    if test -n "$NAME"; then \\
        echo "  $NAME  \\
  end"; \\
    fi
COPY <<EOF /etc/conf
  as it   is
EOF

CMD ["node", "main.js"]
`;

describe("formatDockerfile", () => {
  test.each([
    ["a tidy file stays", TIDY, TIDY],
    ["keywords", "from a As b\nhealthcheck none\nonbuild run x\n", "FROM a AS b\nHEALTHCHECK NONE\nONBUILD RUN x\n"],
    [
      "blanks between words",
      "FROM   a\tAS  b\nEXPOSE 1   2\nENV  a=b   c='d   e'\n",
      "FROM a AS b\nEXPOSE 1 2\nENV a=b c='d   e'\n",
    ],
    ["blanks in values", "FROM a\nENV  a   b   c\nWORKDIR  /a   b\n", "FROM a\nENV a b   c\nWORKDIR /a   b\n"],
    ["an old value over lines", "FROM a\nENV  A \\\n\tb \\\n\tc\n", "FROM a\nENV A \\\n\tb \\\n\tc\n"],
    ["blanks at line ends", "FROM a  \nRUN b  \\  \n  c \t\n", "FROM a\nRUN b \\\n    c\n"],
    ["flags", "FROM a\nCOPY   --from=b   --chown='1:2'  c   d", "FROM a\nCOPY --from=b --chown='1:2' c d\n"],
    ["the end of flags", "FROM a\nRUN  --network=none   --   -x", "FROM a\nRUN --network=none -- -x\n"],
    ["JSON", 'FROM a\nCMD  [ "b" ,"c\\u0064"  ]', 'FROM a\nCMD ["b", "c\\u0064"]\n'],
    [
      "JSON over lines",
      'FROM a\nCMD [\\\n"b",\\\n# x\n"c"\\\n]',
      'FROM a\nCMD [ \\\n    "b", \\\n    # x\n    "c" \\\n]\n',
    ],
    ["an empty array", "FROM a\nCMD [ ]", "FROM a\nCMD []\n"],
    ["empty lines", "\n\nFROM a\n\n\n\nRUN b\n\n\n", "FROM a\n\nRUN b\n"],
    ["empty continued lines", "FROM a\nRUN b \\\n\n\n  c", "FROM a\nRUN b \\\n    c\n"],
    [
      "continuations that part paragraphs",
      "FROM a\nRUN b \\\n\t\\\n\\\n# x\n  c",
      "FROM a\nRUN b \\\n    \\\n    # x\n    c\n",
    ],
    ["line ends", "FROM a\r\nRUN <<E\r\nx\r\nE\r\n", "FROM a\nRUN <<E\nx\r\nE\n"],
    ["a byte order mark", "\ufeffFROM a", "FROM a\n"],
    ["directives", "#ESCAPE = `\n# syntax=x y\nFROM a\nRUN b `\n c", "# escape=`\n# syntax=x y\nFROM a\nRUN b `\n c\n"],
    ["a comment that must not become a directive", "\n# escape=`\nFROM a", "\n# escape=`\nFROM a\n"],
    ["comments", "#a\n  # b\nFROM a\n\n# c  ", "#a\n# b\nFROM a\n\n# c\n"],
    [
      "a comment that must not switch rules off",
      "FROM a\n  # check=skip=all\nUSER b",
      "FROM a\n # check=skip=all\nUSER b\n",
    ],
    ["words over lines", "FROM a\nCOPY a\\\nb c \\\nd", "FROM a\nCOPY a\\\nb c \\\n    d\n"],
    [
      "indentation in relation",
      "FROM a\nRUN if b; then \\\n\t\t\tc; \\\n\t\tfi",
      "FROM a\nRUN if b; then \\\n        c; \\\n    fi\n",
    ],
    ["quotes over lines", "FROM a\nRUN echo 'a \\\n   b' \\\n c", "FROM a\nRUN echo 'a \\\n   b' \\\n    c\n"],
    [
      "quotes in substitutions",
      'FROM a\nRUN a "$(b "c \\\n  d" \\\n  e)"',
      'FROM a\nRUN a "$(b "c \\\n  d" \\\n    e)"\n',
    ],
    ["open quotes", "FROM a\nRUN echo it's \\\n  a", "FROM a\nRUN echo it's \\\n  a\n"],
    ["another shell", 'FROM a\nSHELL ["pwsh", "-c"]\nRUN a \\\n  b', 'FROM a\nSHELL ["pwsh", "-c"]\nRUN a \\\n  b\n'],
    ["an escaped blank", "FROM a\nRUN a\\ \\\nb \\\nc", "FROM a\nRUN a\\ \\\nb \\\n    c\n"],
    ["a continuation at the end", "FROM a\nRUN b \\", "FROM a\nRUN b\n"],
  ])("%s", (_, text, formatted) => {
    expect(formatDockerfile(text)).toEqual({ text: formatted, diagnostics: [] });
    expect(formatDockerfile(formatted).text).toBe(formatted);
  });

  test("leaves a file with errors alone", () => {
    const { text, diagnostics } = formatDockerfile("from  a\nrnu x\n");
    expect(text).toBe("from  a\nrnu x\n");
    expect(diagnostics.map(({ code }) => code)).toEqual(["UNKNOWN_INSTRUCTION"]);
  });

  test("other indentation", () => {
    expect(formatDockerfile("FROM a\nRUN b \\\n c", { indent: 2 }).text).toBe("FROM a\nRUN b \\\n  c\n");
  });

  test("is idempotent and keeps the tree", () => {
    fc.assert(
      fc.property(fc.oneof(untidyDockerfiles, untidyDockerfiles, dockerfileLikeTexts), (text) => {
        const formatted = formatDockerfile(text);
        if (formatted.diagnostics.length > 0) expect(formatted.text).toBe(text);
        expect(formatDockerfile(formatted.text).text).toBe(formatted.text);
        expect(layoutFree(parseDockerfile(formatted.text))).toEqual(layoutFree(parseDockerfile(text)));
      }),
      { numRuns: 4000 },
    );
  });
});
