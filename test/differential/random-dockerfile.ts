import type { Random } from "./random.ts";
import { randomCommand } from "./random-command.ts";
import { PLACES, randomCopy, type StageView } from "./random-copy.ts";

/** What a Dockerfile may start from, by the name that both builders know. */
export const BASE = "differential/base:1";
export const TRIGGER_BASE = "differential/child:1";

/** A Dockerfile of one to three stages with the arguments to build it. */
export interface DockerfileRequest {
  readonly dockerfile: string;
  readonly target?: string;
  readonly buildArgs: Readonly<Record<string, string>>;
}

/** What its steps may take from the context. */
export type ContextView = Pick<StageView, "paths" | "archives">;

/** Makes a Dockerfile that nearly always builds. */
export function randomDockerfile(random: Random, context: ContextView): DockerfileRequest {
  const lines: string[] = [];
  const hasGlobal = random.chance(0.4);
  if (hasGlobal) lines.push(`ARG BASE=${BASE}`, `ARG GLOBAL=${random.pick(["one", '"two words"', "th$ree"])}`);
  const names: string[] = [];
  for (
    let left = random.weighted([
      [5, 1],
      [3, 2],
      [2, 3],
    ] as const);
    left > 0;
    left--
  ) {
    const name = random.chance(0.7) ? random.pick(["build", "Tools", "deps", "stage-x"]) + names.length : undefined;
    lines.push(`FROM ${randomBase(random, { names, hasGlobal })}${name === undefined ? "" : ` AS ${name}`}`);
    const earlier = names.map((known, index) => (random.chance(0.2) || known === "" ? String(index) : known));
    const isEmpty = /^FROM scratch\b/.test(lines.at(-1) as string);
    lines.push(...randomStage(random, { ...context, earlier }, isEmpty));
    names.push(name ?? "");
  }
  const targets = names.filter((name) => name !== "");
  return {
    dockerfile: `${lines.join("\n")}\n`,
    ...(targets.length > 0 && random.chance(0.15) ? { target: random.pick(targets) } : {}),
    buildArgs: Object.fromEntries(
      random.some(0, 2, () => [random.pick(["ONE", "TWO", "GLOBAL", "HTTP_PROXY"]), random.pick(VALUES)] as const),
    ),
  };
}

const VALUES = ["1", "b c", "/w", "", "x=y", "$ONE", "ü"];

function randomBase(random: Random, known: { names: readonly string[]; hasGlobal: boolean }): string {
  const named = known.names.filter((name) => name !== "");
  return random.weighted<() => string>([
    [60, () => (known.hasGlobal && random.chance(0.3) ? random.pick(["$BASE", "${BASE}", "${BASE:-x}"]) : BASE)],
    [18, () => TRIGGER_BASE],
    [12, () => "scratch"],
    [named.length > 0 ? 25 : 0, () => random.pick(named)],
  ])();
}

function randomStage(random: Random, view: StageView, isEmpty: boolean): string[] {
  return random.some(isEmpty ? 1 : 2, 9, () => {
    return random.weighted<() => string>([
      [28, () => randomCopy(random, view)],
      [isEmpty ? 0 : 26, () => randomCommand(random)],
      [8, () => `ENV ${randomPairs(random)}`],
      [6, () => `ARG ${random.pick(["ONE", "TWO=2", "GLOBAL", "ONE=$TWO", "TWO=${ONE:-none}", "THREE='3 3'"])}`],
      [9, () => `WORKDIR ${randomWorkdir(random)}`],
      [4, () => `USER ${random.pick(["alice", "1000", "bob:users", "33:44", "root", "0"])}`],
      [22, () => randomSetting(random)],
    ])();
  });
}

function randomWorkdir(random: Random): string {
  const extra = ["/", ".", "..", "a/./b", "/w/a/", "$ONE", "/x/$TWO/y", "/up/link/in"];
  const place = random.chance(0.4) ? random.pick(extra) : random.pick(PLACES);
  // With ARGs that are not set this would be no path at all.
  return place === "$ONE" ? "/one$ONE" : place;
}

function randomPairs(random: Random): string {
  const name = (): string => random.pick(["ONE", "TWO", "PATHS", "K", "ümlaut", "PATH"]);
  const value = (): string =>
    random.pick([
      "1",
      '"b c"',
      "'$ONE'",
      "$ONE",
      "${TWO:-x}",
      "${TWO:+y}",
      "a\\ b",
      '"q\\"q"',
      "$ONE$TWO",
      "",
      "/w:$PATH",
    ]);
  if (random.chance(0.12)) return `${name()} ${random.pick(["plain words here", "$ONE and $TWO", '"kept"'])}`;
  return random.some(1, 3, () => `${name()}=${value()}`).join(random.chance(0.2) ? " \\\n    " : " ");
}

/** Steps that only change the config. */
function randomSetting(random: Random): string {
  const words = (): string =>
    random.pick(['["a", "b c"]', "echo $ONE", '["sh"]', "[]", '["\\"q\\"", "ü"]', "run it && x"]);
  return random.weighted<() => string>([
    [5, () => `LABEL ${randomPairs(random).replaceAll("PATH", "pa.th")}`],
    [5, () => `CMD ${words()}`],
    [5, () => `ENTRYPOINT ${words()}`],
    [
      3,
      () =>
        `EXPOSE ${random.some(1, 3, () => random.pick(["80", "53/udp", "443/tcp", "8000-8002", "9/TCP"])).join(" ")}`,
    ],
    [3, () => `VOLUME ${random.pick(["/data", '["/w", "/new dir"]', "/top /data", "$ONE/v"])}`],
    [3, () => `HEALTHCHECK ${randomHealthcheck(random)}`],
    [2, () => `STOPSIGNAL ${random.pick(["SIGTERM", "9", "SIGUSR1", "INT"])}`],
    [2, () => `SHELL ${random.pick(['["/bin/sh", "-ec"]', '["/bin/sh", "-c"]', '["sh", "-xc"]'])}`],
    [
      3,
      () => `ONBUILD ${random.pick(["RUN echo trigger > /triggered", "ENV T=1", "COPY . /onbuild/", "WORKDIR /late"])}`,
    ],
    [1, () => "MAINTAINER someone <a@b>"],
  ])();
}

function randomHealthcheck(random: Random): string {
  const options = random.some(0, 2, () =>
    random.pick(["--interval=5s", "--timeout=1m30s", "--start-period=100ms", "--retries=3"]),
  );
  const command = random.pick(["CMD true", 'CMD ["a", "b"]', "CMD a || exit 1", "NONE"]);
  return [...(command === "NONE" ? [] : new Set(options)), command].join(" ");
}
