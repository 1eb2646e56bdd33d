import type { Random } from "./random.ts";

/** What a step may refer to. */
export interface StageView {
  /** Paths of the context. */
  readonly paths: readonly string[];
  /** Archives of the context. */
  readonly archives: readonly string[];
  /** Names or numbers of the stages before. */
  readonly earlier: readonly string[];
  /** True: there are no users and no commands, only what was copied. */
  readonly isEmpty: boolean;
}

/** Places in images that steps fight over: folders for one are files or links for another. */
export const PLACES: readonly string[] = [
  ...["/w", "/w/a", "/w/a/b", "/data", "/data/x", "/opt/d", "/top", "/link", "/up/link", "/srv/deep/er", "/etc/conf"],
  ...["sub", "sub/two", "./here", "../aside", "/w/../w2", "/data/x/", "/new dir"],
];

const NUMBERS = ["1000", "1000:2000", "0:0", "33:33", "4242"];
const OWNERS = [...NUMBERS, "alice", "alice:users", "bob", "bob:0", "alice:77"];

/** COPY or ADD. */
export function randomCopy(random: Random, view: StageView): string {
  const fromStage = view.earlier.length > 0 && random.chance(0.35);
  const isAdd = !fromStage && random.chance(0.3);
  const flags = [
    ...(fromStage ? [`--from=${random.pick(view.earlier)}`] : []),
    ...(random.chance(0.3) ? [`--chown=${random.pick(view.isEmpty ? NUMBERS : OWNERS)}`] : []),
  ];
  const sources = fromStage ? stageSources(random) : contextSources(random, view, isAdd);
  const several = sources.length > 1 || sources.some((source) => /[*?[]/.test(source));
  const slash = several ? random.chance(0.98) : random.chance(0.4);
  const place = random.chance(0.15) ? random.pick([".", "./", "/"]) : random.pick(PLACES);
  const destination = slash && !place.endsWith("/") ? `${place}/` : place;
  return [isAdd ? "ADD" : "COPY", ...flags, written(random, [...sources, destination])].join(" ");
}

function written(random: Random, words: readonly string[]): string {
  const needsList = words.some((word) => /\s/.test(word));
  return needsList || random.chance(0.1) ? JSON.stringify(words) : words.join(" ");
}

function contextSources(random: Random, { paths, archives }: StageView, isAdd: boolean): string[] {
  if (isAdd && archives.length > 0 && random.chance(0.6)) return [random.pick(archives)];
  return random.some(1, random.chance(0.25) ? 3 : 1, () => contextSource(random, paths));
}

function contextSource(random: Random, paths: readonly string[]): string {
  const path = random.pick(paths);
  const parts = path.split("/");
  const last = parts.at(-1) as string;
  const within = (name: string): string => [...parts.slice(0, -1), name].join("/");
  return random.weighted<() => string>([
    [50, () => path],
    [10, () => parts[0] as string],
    [12, () => "."],
    [5, () => `${path}/`],
    [5, () => `/${path}`],
    [3, () => `./${path}`],
    [3, () => `../${path}`],
    [8, () => within("*")],
    [4, () => within(`${[...last][0]}*`)],
    [3, () => within(`?${[...last].slice(1).join("")}`)],
    [2, () => "*.txt"],
    [2, () => `*/${random.pick(["a", "b", "*"])}`],
    [1, () => "missing"],
  ])();
}

function stageSources(random: Random): string[] {
  const source = random.weighted<() => string>([
    [40, () => random.pick(PLACES.filter((place) => place.startsWith("/")))],
    [10, () => "/etc/passwd"],
    [8, () => "/home"],
    [8, () => "/etc"],
    [5, () => "/etc/*"],
    [4, () => "/home/./alice/"],
    [4, () => "/"],
    [3, () => "etc/group"],
    [6, () => "/data/*"],
    [4, () => "/w"],
  ])();
  return [source];
}
