import fc from "fast-check";

/** Pieces that, thrown together, get deep into the parser. */
const FRAGMENTS = [
  ...[
    "FROM ",
    "RUN ",
    "COPY ",
    "ADD ",
    "ENV ",
    "LABEL ",
    "ARG ",
    "onbuild ",
    "HEALTHCHECK ",
    "CMD ",
    "EXPOSE ",
    "SHELL ",
  ],
  ...[
    "# escape=`\n",
    "# check=skip=all\n",
    "#syntax = x\n",
    "# comment\n",
    "#\n",
    "#",
    "scratch\n",
    " as ",
    "none",
    "VOLUME ",
  ],
  ...["\\\n", "`\n", " \\ \n", "\\", "`", "\n", "\r\n", "\n\n", " ", "   ", "\t", "\r", "\ufeff", "\u00a0", "\u0085"],
  ...["--from=", "--mount=type=", "--chown=1:2 ", "--", "<<EOF", "<<-EOF", "<<'E F'", "EOF\n", "\tEOF\n", "E F\n"],
  ...[
    "[",
    "]",
    '["a", "b"]',
    '"',
    "'",
    "=",
    "a=b ",
    "a",
    "b",
    "$",
    "${",
    "}",
    ":-",
    "$(",
    ")",
    "#x",
    "&& ",
    ",",
    "80/tcp ",
  ],
];

/** Any text that resembles a Dockerfile, with errors nearly always. */
export const dockerfileLikeTexts: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...FRAGMENTS), { maxLength: 40 })
  .map((parts) => parts.join(""));

const GAPS = [
  " ",
  "  ",
  "\t",
  " \\\n",
  "\\\n  ",
  " \\  \n\t\t",
  " \\\n\n  ",
  " \\\n# note\n   ",
  " \\\r\n ",
  "\\\n\\\n ",
];
const WORDS = [
  "a",
  "b/c",
  '"x  y"',
  "'p \\\n  q'",
  "k=v",
  "$HOME",
  `$\{a:-b}`,
  "a\\ b",
  "\\\\",
  "it\\'s",
  "#x",
  "a\\\nb",
  "x#",
];
const gap = fc.constantFrom(...GAPS);
const word = fc.constantFrom(...WORDS);

/** Words, each with a gap in front, gaps as odd as the language allows. */
const words = fc
  .array(fc.tuple(gap, word), { minLength: 1, maxLength: 5 })
  .map((pairs) => pairs.map(([blank, text]) => blank + text).join(""));
const keyValues = fc
  .array(fc.tuple(gap, fc.constantFrom("k=v", 'k="x  y"', "k='x \\\n y'", "k=a\\ b", "k=", "k=\\\nv")), {
    minLength: 1,
    maxLength: 4,
  })
  .map((pairs) => pairs.map(([blank, text]) => blank + text).join(""));
const list = fc
  .array(fc.constantFrom('"a"', ' "b c"', '"\\\\\\""', '\\\n "d"', ' "e" '), { minLength: 1, maxLength: 4 })
  .map((items) => ` [${items.join(",")}\\\n]`);
const shellTexts = fc
  .array(
    fc.constantFrom(
      ...[
        "a",
        " ",
        "  ",
        "\t",
        "&& ",
        "; ",
        '"',
        "'",
        "\\\n",
        "\\\n  ",
        " \\\n\t",
        " \\\n    # note\n      ",
        "$(",
        ")",
        "`",
        "${",
        "}",
      ],
      ...["#", " #", "\\", "\\ ", "if x; then \\\n    ", "fi", "\\\n\n", "<b"],
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => ` ${parts.join("")}`);

const instructions = fc.oneof(
  fc
    .tuple(fc.constantFrom("COPY", "add", "Expose", "volume"), fc.oneof(words, list))
    .map(([name, rest]) => name + rest + (rest.includes("[") ? "" : " /x/")),
  fc.tuple(fc.constantFrom("ENV", "label", "ARG"), keyValues).map((parts) => parts.join("")),
  fc.tuple(fc.constantFrom("env", "LABEL", "WORKDIR", "user", "STOPSIGNAL"), words).map((parts) => parts.join("")),
  fc
    .tuple(fc.constantFrom("RUN", "cmd", "ENTRYPOINT", "onbuild run", "HEALTHCHECK cmd"), fc.oneof(shellTexts, list))
    .map((parts) => parts.join("")),
  fc.tuple(gap, gap).map(([a, b]) => `RUN${a}--mount=type=tmpfs,target=/x${b}--network=none make`),
  fc.tuple(gap, gap).map(([a, b]) => `onbuild${a}copy${b}--chown=1:2  a  b`),
  fc.tuple(gap, gap).map(([a, b]) => `from${a}alpine${b}as x`),
  fc.constantFrom(
    'SHELL ["pwsh",  "-c"]',
    "HEALTHCHECK  none",
    "COPY <<EOF <<-'F' /x/\n  a  \nEOF\n\tb\n\tF",
    "RUN <<EOF\n\ta \\\n\nEOF",
  ),
  fc.constantFrom("# note", "  # note", "#", "", "\t", "  # check=skip=all", "\r"),
);

/** Files that parse more often than not, written as untidily as can be. */
export const untidyDockerfiles: fc.Arbitrary<string> = fc
  .record({
    head: fc.constantFrom(
      "",
      "\n",
      "\ufeff",
      "#syntax =  x\n",
      "\n# escape=`\n",
      "# ESCAPE = \\ \n\n\n",
      "  # check=skip=all\n# note\n",
    ),
    body: fc.array(fc.tuple(instructions, fc.constantFrom("\n", "\r\n", "\n\n\n", "  \n")), { maxLength: 6 }),
    tail: fc.constantFrom("", "# end", "RUN a \\", "RUN a\\ \\\n", "\n\n"),
  })
  .map(({ head, body, tail }) => `${head}FROM  a\n${body.map((parts) => parts.join("")).join("")}${tail}`);
