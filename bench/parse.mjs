// How fast Dockerfiles are parsed and linted, beside two other parsers: `node bench/parse.mjs [--json] [--rounds N]`.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join, resolve } from "node:path";
import { lintDockerfile, parseDockerfile } from "@tsbuild/parser";
import dockerFileParser from "docker-file-parser";
import { DockerfileParser } from "dockerfile-ast";
import { column, median, ratio } from "./figures.mjs";

const here = import.meta.dirname;
const corpusFolder = resolve(process.env.CONFORMANCE_DIR ?? resolve(here, "../../shared/conformance"), "corpus");
const rounds = Number(argument("--rounds") ?? 15);

/** What is measured; the others first split a text into instructions and arguments, dockerfile-ast with ranges. */
const SUBJECTS = {
  "tsbuild: parse": (text) => parseDockerfile(text).dockerfile.stages.length,
  "dockerfile-ast": (text) => DockerfileParser.parse(text).getInstructions().length,
  "dockerfile-ast, with arguments": withArguments,
  "docker-file-parser": (text) => dockerFileParser.parse(text, { includeComments: false }).length,
  "tsbuild: parse and lint": (text) => lintDockerfile(text).length,
};

/** What a user of dockerfile-ast needs for what our parser has done already: it reads arguments when asked for them. */
function withArguments(text) {
  let count = 0;
  for (const instruction of DockerfileParser.parse(text).getInstructions()) count += instruction.getArguments().length;
  return count;
}

const texts = readCorpus();
const rates = measureRates();
const sizes = measureGrowth();
if (process.argv.includes("--json"))
  console.log(JSON.stringify({ texts: texts.length, rounds, rates, sizes }, null, 2));
else printTables();

function argument(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** All Dockerfiles of the corpus, or where that is absent a file of ours and generated ones. */
function readCorpus() {
  if (!existsSync(corpusFolder)) {
    const own = readFileSync(join(here, "../examples/web/Dockerfile"), "utf8");
    return [
      ...Array.from({ length: 200 }, () => own),
      ...Array.from({ length: 200 }, (_, index) => generate(index * 50)),
    ];
  }
  return readdirSync(corpusFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === "Dockerfile")
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}

/** A file of at least so many characters, with everything that files have. */
function generate(length) {
  let text = "# syntax=docker/dockerfile:1\nARG BASE=alpine\n";
  for (let stage = 0; text.length < length || stage === 0; stage += 1) {
    text += `
# stage${stage}: one of many
FROM \${BASE}:3.${stage % 20} AS stage${stage}
ARG VERSION=1.${stage}
ENV PATH=/opt/bin:$PATH NAME="value ${stage}" \\
    OTHER='single \${VERSION}'
WORKDIR /srv/app${stage}
COPY --chown=1000:1000 package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.cache \\
    set -eux; \\
    # what is needed to build
    apk add --no-cache build-base "python3" git; \\
    if [ -n "$VERSION" ]; then \\
        echo "version $VERSION" > /etc/version; \\
    fi; \\
    rm -rf /var/tmp/*
COPY <<CONF /etc/app.conf
name = \${NAME}
size = ${stage}
CONF
LABEL org.example.stage="${stage}" org.example.name=$NAME
EXPOSE 80/tcp 443
CMD ["node", "--enable-source-maps", "main.js"]
`;
  }
  return text;
}

/** Rounds alternate between the subjects, so that what else the machine does meets all of them. */
function measureRates() {
  const runs = new Map(Object.keys(SUBJECTS).map((name) => [name, []]));
  for (let round = -3; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(SUBJECTS)) {
      const milliseconds = timed(() => readAll(run));
      if (round >= 0) runs.get(name).push(milliseconds);
    }
  }
  return [...runs].map(([name, times]) => ({ name, perSecond: Math.round((texts.length / median(times)) * 1000) }));
}

function readAll(run) {
  let sum = 0;
  for (const text of texts) sum += attempt(run, text);
  return sum;
}

/** A parser that throws has read the file as far as it could. */
function attempt(run, text) {
  try {
    return run(text);
  } catch {
    return 0;
  }
}

/** Milliseconds for one file of 1, 2 and 4 MB; once where it takes many seconds. */
function measureGrowth() {
  const files = [1, 2, 4].map((megabytes) => ({ megabytes, text: generate(megabytes * 1_000_000) }));
  const subjects = Object.entries(SUBJECTS).filter(([name]) => name !== "dockerfile-ast, with arguments");
  return subjects.map(([name, run]) => {
    const milliseconds = files.map(({ text }) => {
      const times = Array.from({ length: name === "dockerfile-ast" ? 1 : 7 }, () => timed(() => attempt(run, text)));
      return Math.round(median(times));
    });
    return { name, milliseconds };
  });
}

function timed(run) {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function printTables() {
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  console.log(
    `${texts.length} Dockerfiles, ${Math.round(characters / 1000)} kB, median of ${rounds} alternating rounds`,
  );
  console.log(`Node.js ${process.version}, ${cpus()[0]?.model.trim()}, ${availableParallelism()} cores\n`);
  const own = rates[0].perSecond;
  console.log(`${column("", 32)}${column("files/s", 10)}tsbuild's parser against it`);
  for (const { name, perSecond } of rates) {
    console.log(`${column(name, 32)}${column(perSecond, 10)}${ratio(own, perSecond)}`);
  }
  console.log(`\n${column("one file of", 32)}${column("1 MB", 10)}${column("2 MB", 10)}${column("4 MB", 10)}growth`);
  for (const { name, milliseconds } of sizes) {
    const cells = milliseconds.map((value) => column(`${value} ms`, 10)).join("");
    console.log(`${column(name, 32)}${cells}${ratio(milliseconds[2], milliseconds[0])} for 4 times the text`);
  }
}
