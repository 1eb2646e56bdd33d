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
  const stages: StageDraft[] = [];
  const count = random.weighted([
    [5, 1],
    [3, 2],
    [2, 3],
  ] as const);
  while (stages.length < count) {
    const stage = randomStage(random, { context, stages, hasGlobal });
    stages.push(stage);
    lines.push(...stage.lines);
  }
  const names = stages.map(({ name }) => name);
  const targets = names.filter((name) => name !== "");
  return {
    dockerfile: `${lines.join("\n")}\n`,
    ...(targets.length > 0 && random.chance(0.15) ? { target: random.pick(targets) } : {}),
    buildArgs: Object.fromEntries(
      random.some(0, 2, () => [random.pick(["ONE", "TWO", "GLOBAL", "HTTP_PROXY"]), random.pick(VALUES)] as const),
    ),
  };
}

// Dockerfiles' variables, not ours.
const BASE_WORDS = ["$BASE", `$\{BASE}`, `$\{BASE:-x}`];
const ARG_OR_NONE = `TWO=$\{ONE:-none}`;
const ELSE_X = `$\{TWO:-x}`;
const THEN_Y = `$\{TWO:+y}`;
const VALUES = ["1", "b c", "/w", "", "x=y", "$ONE", "ü"];

interface StageDraft {
  /** Empty: it has none. */
  readonly name: string;
  readonly isEmpty: boolean;
  readonly lines: readonly string[];
}

interface Before {
  readonly context: ContextView;
  readonly stages: readonly StageDraft[];
  readonly hasGlobal: boolean;
}

function randomStage(random: Random, { context, stages, hasGlobal }: Before): StageDraft {
  const base = randomBase(random, { stages, hasGlobal });
  const isEmpty = base === "scratch" || stages.some(({ name, isEmpty }) => isEmpty && name.toLowerCase() === base);
  const name = random.chance(0.7) ? random.pick(["build", "Tools", "deps", "stage-x"]) + stages.length : "";
  const earlier = stages.map((known, index) => (random.chance(0.2) || known.name === "" ? String(index) : known.name));
  const view = { ...context, earlier, isEmpty };
  const steps = random.some(isEmpty ? 1 : 2, 9, () => randomStep(random, view));
  const from = `FROM ${base}${name === "" ? "" : ` AS ${name}`}`;
  // Docker can not save an image without a layer.
  return { name, isEmpty, lines: [from, ...steps, ...(isEmpty ? ["WORKDIR /made"] : [])] };
}

function randomBase(random: Random, { stages, hasGlobal }: Pick<Before, "stages" | "hasGlobal">): string {
  // Not one with ARGs: later engines expand them in its children's instructions too, this one only passes them to RUN.
  const plain = stages.filter(({ name, lines }) => name !== "" && !lines.some((line) => line.startsWith("ARG ")));
  const named = plain.map(({ name }) => name.toLowerCase());
  return random.weighted<() => string>([
    [60, () => (hasGlobal && random.chance(0.3) ? random.pick(BASE_WORDS) : BASE)],
    [18, () => TRIGGER_BASE],
    [12, () => "scratch"],
    [named.length > 0 ? 25 : 0, () => random.pick(named)],
  ])();
}

function randomStep(random: Random, view: StageView): string {
  const users = ["1000", "33:44", "0", ...(view.isEmpty ? [] : ["alice", "bob:users", "root"])];
  return random.weighted<() => string>([
    [28, () => randomCopy(random, view)],
    [view.isEmpty ? 0 : 26, () => randomCommand(random)],
    [8, () => `ENV ${randomPairs(random)}`],
    [6, () => `ARG ${random.pick(["ONE", "TWO=2", "GLOBAL", "ONE=$TWO", ARG_OR_NONE, "THREE='3 3'"])}`],
    [9, () => `WORKDIR ${randomWorkdir(random)}`],
    [4, () => `USER ${random.pick(users)}`],
    [22, () => randomSetting(random)],
  ])();
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
    random.pick(["1", '"b c"', "'$ONE'", "$ONE", ELSE_X, THEN_Y, "a\\ b", '"q\\"q"', "$ONE$TWO", "", "/w:$PATH"]);
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
