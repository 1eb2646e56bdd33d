import { expect, test } from "vitest";
import { lintDockerfile } from "./lint-dockerfile.ts";
import { TSBUILD_RULES } from "./tsbuild-rules.ts";

/** Split, so that nobody's scanner takes them for real. */
const FAKE = {
  aws: `AKIA${"ABCDEFGH23456789"}`,
  github: `ghp_${"a1B2".repeat(9)}`,
  jwt: `eyJ${"hbGciOiJIUzI1NiJ9"}.eyJ${"zdWIiOiIxMjM0NTY3ODkwIn0"}.x`,
};
const IN_ALPINE = "FROM alpine:3.20\n";
const IN_DEBIAN = "FROM debian:12\n";

/** A Dockerfile and where the rule finds something: `line:column` of the range's begin and end. */
type Case = readonly [rule: string, dockerfile: string, ...places: string[]];

const CASES: readonly Case[] = [
  ["AddInsteadOfCopy", `${IN_ALPINE}ADD a b /c/`, "2:0-2:3"],
  ["AddInsteadOfCopy", `${IN_ALPINE}ONBUILD ADD a /c/`],
  ["AddInsteadOfCopy", `${IN_ALPINE}ADD <<EOF /c\nx\nEOF`, "2:0-2:3"],
  ...["a.tar.xz", "https://x/y", "git@x.com:a/b.git", "$FILE", "*.x", "a.tgz"].map(
    (source): Case => ["AddInsteadOfCopy", `${IN_ALPINE}ADD ${source} /c/`],
  ),
  ["AddInsteadOfCopy", `${IN_ALPINE}ADD --unpack=true a.x /c/`],

  ["AptGetInstallRecommends", `${IN_DEBIAN}RUN a \\\n  && apt-get -y \\\n  install b`, "3:5-4:11"],
  ["AptGetInstallRecommends", `${IN_DEBIAN}RUN apt-get install -y --no-install-recommends b`],
  ["AptGetInstallRecommends", `${IN_DEBIAN}RUN echo 'APT::Install-Recommends "0";' > x\nRUN apt-get install -y b`],
  ["AptGetInstallRecommends", `${IN_DEBIAN}RUN apt-get install -y b\nFROM alpine:3`],

  ["AptGetListsKept", `${IN_DEBIAN}RUN apt-get update && apt-get install b`, "2:4-2:18"],
  ["AptGetListsKept", `${IN_DEBIAN}RUN apt-get update; apt-get install b; rm -rf /var/lib/apt/lists/*`],
  ["AptGetListsKept", `${IN_DEBIAN}RUN apt-get update; apt-get install b; rm -rf /var/lib/{apt,dpkg}`],
  ["AptGetListsKept", `${IN_DEBIAN}RUN apt-get update; apt-get install b; apt-get dist-clean`],
  ["AptGetListsKept", `${IN_DEBIAN}RUN --mount=type=cache,target=/var/lib/apt apt-get update; apt-get install b`],

  ["AptGetUpdateAlone", `${IN_DEBIAN}RUN set -e; apt-get update`, "2:12-2:26"],
  ["AptGetUpdateAlone", `${IN_DEBIAN}RUN ["apt-get", "update"]`, "2:5-2:24"],
  ["AptGetUpdateAlone", `${IN_DEBIAN}RUN apt-get update && ./install.sh`],

  ["AptInsteadOfAptGet", `${IN_DEBIAN}RUN if true; then apt install -y b; fi`, "2:18-2:34"],
  ["AptInsteadOfAptGet", `${IN_DEBIAN}RUN apt list && echo apt install`],
  ["AptInsteadOfAptGet", `${IN_DEBIAN}RUN <<EOF\nset -e\n\tapt update\nEOF`, "4:1-4:11"],
  ["AptInsteadOfAptGet", `${IN_DEBIAN}RUN cat <<EOF > /x\napt update\nEOF`],
  ["AptInsteadOfAptGet", `${IN_DEBIAN}RUN <<EOF\n#!/usr/bin/env python3\napt update\nEOF`],
  ["AptInsteadOfAptGet", `${IN_DEBIAN}RUN ["sh", "-c", "apt update"]`, "2:17-2:29"],
  ["AptInsteadOfAptGet", `${IN_DEBIAN}SHELL ["pwsh", "-c"]\nRUN apt update`],
  ["AptInsteadOfAptGet", "FROM mcr.microsoft.com/windows/nanoserver:1809\nRUN apt update"],
  ["AptInsteadOfAptGet", `${IN_DEBIAN}ONBUILD RUN apt update`, "2:12-2:22"],

  ["ArgOutOfScope", "ARG V=1\nFROM a:1\nRUN x $V\nRUN y $V", "3:0-3:8"],
  ["ArgOutOfScope", "ARG V=1\nFROM a:1\nCOPY a-$V /", "3:0-3:11"],
  ["ArgOutOfScope", "ARG V=1\nFROM a:$V\nRUN x $V"],
  ["ArgOutOfScope", "ARG V=1\nFROM a:1\nRUN V=2 && x $V"],
  ["ArgOutOfScope", "ARG V=1\nFROM a:1\nRUN for V in 1 2; do x $V; done"],
  ["ArgOutOfScope", "ARG V=1\nFROM a:1\nRUN . /etc/os-release && x $V"],
  ["ArgOutOfScope", "ARG V=1\nFROM a:1\nRUN awk '{print $V}'"],
  ["ArgOutOfScope", "ARG V=1\nFROM a:1 AS b\nARG V\nFROM b\nRUN x $V"],

  ["CdInsteadOfWorkdir", `${IN_ALPINE}RUN cd /a && make`, "2:4-2:9"],
  ["CdInsteadOfWorkdir", `${IN_ALPINE}RUN cd a && make`],
  ["CdInsteadOfWorkdir", `${IN_ALPINE}RUN cd /a && make && cd /b && make`],
  ["CdInsteadOfWorkdir", `${IN_ALPINE}RUN x && cd /a && make`],

  ["CdWithoutEffect", `${IN_ALPINE}RUN cd /a`, "2:4-2:9"],
  ["CdWithoutEffect", `${IN_ALPINE}RUN make && cd /a`],

  ["CopyBeforeDependencies", "FROM node:1\nCOPY ./ /app\nRUN cd /app && npm install --omit=dev", "2:0-2:12"],
  ["CopyBeforeDependencies", "FROM python:1\nCOPY . .\nRUN python3 -m pip install -r requirements.txt", "2:0-2:8"],
  ["CopyBeforeDependencies", "FROM python:1\nCOPY . .\nRUN pip install ."],
  ["CopyBeforeDependencies", "FROM node:1\nCOPY . .\nRUN npm install -g x"],
  ["CopyBeforeDependencies", "FROM node:1\nCOPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm ci"],
  ["CopyBeforeDependencies", "FROM node:1\nCOPY --from=x . .\nRUN npm ci"],

  ["CopyFromUnknownStage", "FROM a AS build\nFROM b\nCOPY --from=buidl x y", "3:5-3:17"],
  ["CopyFromUnknownStage", "FROM b\nCOPY --from=build x y\nFROM a AS build", "2:5-2:17"],
  ["CopyFromUnknownStage", "FROM a AS build\nFROM b\nCOPY --from=BUILD x y\nCOPY --from=0 x y\nCOPY --from=nginx x y"],

  ["CopyManyToFile", `${IN_ALPINE}COPY a b /c`, "2:9-2:11"],
  ["CopyManyToFile", `${IN_ALPINE}COPY a b .\nCOPY a b $D\nCOPY a b ..\nCOPY a b c/\nCOPY ["a", "b", "c/"]`],

  ["DuplicateEnvKey", `${IN_ALPINE}ENV A=1 B=2 A=3`, "2:4-2:5"],
  ["DuplicateEnvKey", `${IN_ALPINE}ENV A=1\nRUN x\nENV A=2`],
  ["DuplicateEnvKey", `${IN_ALPINE}ENV A=1\nLABEL x=$A\nENV A=2\nENV A=\${A}3`],

  ["EnvUsedWhereSet", `${IN_ALPINE}ENV A=1 B="$A"`, "2:10-2:14"],
  ["EnvUsedWhereSet", `${IN_ALPINE}ENV A=1\nENV A=2 B=$A PATH=/a:$PATH C=$PATH`],

  ["ExecFormVariable", `${IN_ALPINE}CMD ["x", "\${A}"]`, "2:0-2:17"],
  ["ExecFormVariable", `${IN_ALPINE}CMD ["sh", "-c", "x $A"]\nENTRYPOINT ["/bin/bash", "-c", "$A"]\nCMD ["a$b"]`],

  ["InsecureDownload", `${IN_ALPINE}RUN x | (curl -fsk u)`, "2:9-2:20"],
  ["InsecureDownload", `${IN_ALPINE}RUN curl -f u && wget u && x -k`],

  ["InstallWithoutYes", `${IN_DEBIAN}RUN sudo -E apt-get install b`, "2:4-2:29"],
  ...["apt-get -qqy install b", "apt-get install -yq b", "apt-get -q -q install b", "yes | apt-get install b"].map(
    (command): Case => ["InstallWithoutYes", `${IN_DEBIAN}RUN ${command}`],
  ),
  ["InstallWithoutYes", `${IN_DEBIAN}RUN apt-get $OPTIONS install b && apt-get update && yum -y install c`],
  ["InstallWithoutYes", "FROM fedora:40\nRUN dnf install b", "2:4-2:17"],

  ["LatestBaseImage", "FROM a/b:latest\nFROM c\nCOPY --from=d:latest x y", "1:5-1:15", "3:5-3:20"],
  [
    "LatestBaseImage",
    "FROM localhost:5000/a\nFROM a:latest@sha256:0000000000000000000000000000000000000000000000000000000000000000",
  ],

  ["MalformedExecForm", `${IN_ALPINE}RUN [ "a", 'b' ]`, "2:4-2:16"],
  ["MalformedExecForm", `${IN_ALPINE}RUN [ "$A" = "b" ]\nRUN [ -f a ]\nRUN [[ "a" == "b" ]]\nCMD ["a"]`],

  ["MissingHealthcheck", "FROM a AS b\nHEALTHCHECK NONE\nFROM b"],
  ["MissingUser", "FROM a AS b\nUSER x\nFROM b"],

  ["PackageCacheKept", "FROM python:1\nRUN pip3.12 install a && pip install b", "2:4-2:21"],
  ["PackageCacheKept", "FROM python:1\nENV PIP_NO_CACHE_DIR=1\nRUN pip install a"],
  ["PackageCacheKept", "FROM python:1\nRUN pip install a\nFROM alpine:3\nRUN apk --no-cache add b && apk info"],
  ["PackageCacheKept", `${IN_ALPINE}RUN apk add a && rm -rf /var/cache/apk/*`],
  ["PackageCacheKept", "FROM fedora:40\nRUN dnf install -y a && dnf clean all\nRUN dnf install -y b", "3:4-3:20"],
  ["PackageCacheKept", "FROM node:1\nRUN npm ci && npm cache clean --force\nRUN npm run install"],

  ["PipeWithoutPipefail", `${IN_DEBIAN}RUN x && curl a | sh`, "2:9-2:20"],
  ["PipeWithoutPipefail", `${IN_DEBIAN}RUN set -eo pipefail && curl a | sh`],
  ["PipeWithoutPipefail", `${IN_DEBIAN}SHELL ["/bin/bash", "-euxo", "pipefail", "-c"]\nRUN curl a | sh`],
  ["PipeWithoutPipefail", `${IN_DEBIAN}RUN ["/bin/bash", "-o", "pipefail", "-c", "curl a | sh"]`],
  ["PipeWithoutPipefail", `${IN_DEBIAN}RUN echo a | tee b; cat c | d || e; echo "$(x)" | f`],
  ["PipeWithoutPipefail", `${IN_DEBIAN}RUN <<EOF\ncurl a |\n  sh\nEOF`, "3:0-4:4"],
  [
    "PipeWithoutPipefail",
    `${IN_DEBIAN}SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nFROM debian:11\nRUN curl a | sh`,
    "4:4-4:15",
  ],

  ["RootAsFinalUser", "FROM a AS b\nUSER 0:0\nFROM b\nCMD x", "2:0-2:8"],
  ["RootAsFinalUser", "FROM a AS b\nUSER root\nFROM b\nUSER x"],
  ["RootAsFinalUser", "FROM a\nUSER root\nUSER $USER"],

  ["SecretLikeValue", `FROM a\nENV X=${FAKE.aws} Y="${FAKE.github}"`, "2:6-2:26", "2:29-2:71"],
  ["SecretLikeValue", `ARG T=${FAKE.jwt}\nFROM a`, `1:6-1:${6 + FAKE.jwt.length}`],
  ["SecretLikeValue", `FROM a\nENV API_KEY=${FAKE.aws}`],
  ["SecretLikeValue", "FROM a\nENV U=https://user@host/x V=https://$A:$B@host W=http://a:80/b@c"],

  ["ShellReplacedByLink", `${IN_DEBIAN}RUN ln -s bash /bin/sh`, "2:4-2:22"],
  ["SudoInRun", `${IN_DEBIAN}RUN a | sudo tee b && echo sudo`, "2:8-2:18"],

  ["UntaggedBaseImage", "FROM a AS b\nFROM b\nFROM scratch\nFROM $X\nFROM c:1\nFROM d:5000/e", "1:5-1:6", "6:5-6:13"],

  ["UnusedArg", "ARG A=1\nARG B=$A\nFROM c:$B"],
  ["UnusedArg", "ARG A\nARG BUILDKIT_SBOM_SCAN_STAGE=1\nFROM c", "1:4-1:5"],
  ["UnusedArg", "FROM c\nARG A=1 B=$A\nARG C\nENV D=$B\nRUN x\nARG E", "6:4-6:5"],
  ["UnusedArg", "FROM c AS d\nARG A\nFROM d\nCOPY $A /\nCMD $B"],

  ["UnusedStage", "FROM a\nRUN x\nFROM b\nCOPY --from=0 x y"],
  ["UnusedStage", "FROM a\nRUN x\nFROM b", "1:0-1:6"],
  [
    "UnusedStage",
    "FROM a AS one\nRUN x\nFROM a AS two-x\nFROM a AS three\nFROM b\nRUN --mount=from=one,target=/x y\nCOPY --from=two-$X x y",
    "4:0-4:15",
  ],
  ["UnusedStage", "FROM a AS dev\nCMD x\nFROM scratch AS out\nCOPY x y\nFROM b"],

  [
    "UseraddWithHighId",
    `${IN_DEBIAN}RUN useradd -mu 1000000 a && useradd -u 1000 b && useradd -lu 1000000 c`,
    "2:4-2:25",
  ],

  ["WideChmod", `${IN_ALPINE}RUN chmod -R 0777 /a && chmod a+w b`, "2:4-2:20", "2:24-2:35"],
  ["WideChmod", `${IN_ALPINE}COPY --chmod=666 a b`, "2:5-2:16"],
  ["WideChmod", `${IN_ALPINE}RUN chmod 1777 /tmp && chmod 755 a && chmod +x b && chmod u+w,o-w c && chmod o=rwt d`],
  ["WideChmod", `${IN_ALPINE}RUN d=$(mktemp) && chmod 777 "$d" && x && rm -rf "$d"`],
];

test.each(CASES)("%s: %j", (rule, dockerfile, ...places) => {
  const found = lintDockerfile(dockerfile, { rules: TSBUILD_RULES, only: [rule] });
  const shown = found.map(({ range: { start, end } }) => `${start.line}:${start.column}-${end.line}:${end.column}`);
  expect(shown).toEqual(places);
});

test("every rule that is on has cases of both kinds", () => {
  const rules = TSBUILD_RULES.filter(({ experimental }) => experimental !== true).map(({ id }) => id);
  const tested = new Set(CASES.map(([rule]) => rule));
  expect(rules.filter((id) => !tested.has(id))).toEqual([]);
});

test("no message tells a secret", () => {
  const found = lintDockerfile(`FROM a\nENV X=${FAKE.github}`, { rules: TSBUILD_RULES });
  expect(JSON.stringify(found)).not.toContain(FAKE.github);
});
