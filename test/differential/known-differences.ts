import type { Difference } from "./compare-images.ts";
import type { Scenario } from "./scenario.ts";

/** A difference that comes from the age of the engine: BuildKit 0.8 of Docker 20.10, where later ones do as we do. */
export interface KnownDifference {
  readonly name: string;
  readonly reason: string;
  matches(difference: Difference, scenario: Scenario): boolean;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: "history of COPY --chown",
    reason: "later engines have the flag in the text",
    matches: ({ kind, ours, theirs }) => kind === "history" && ours.replace(/ --chown=[^ ]+/, "") === theirs,
  },
  {
    name: "history of EXPOSE",
    reason: "this engine writes the map of ports as Go prints it, later ones the words of the instruction",
    matches: ({ kind, ours, theirs }) =>
      kind === "history" && ours.startsWith('["EXPOSE [') && portsOf(ours) === portsOf(theirs),
  },
  {
    name: "history of HEALTHCHECK",
    reason: "the same value in another of Go's formats, without the start interval, which came later",
    matches: ({ kind, ours, theirs }) =>
      kind === "history" && ours.startsWith('["HEALTHCHECK {') && theirs.startsWith('["HEALTHCHECK &{'),
  },
  {
    name: "history of ARG",
    reason:
      "the value given, or taken from an ARG before the first FROM, is in the text of later engines; this one has the default",
    matches: ({ kind, ours, theirs }) =>
      kind === "history" && argNameOf(ours) !== undefined && argNameOf(ours) === argNameOf(theirs),
  },
  {
    name: "wildcards below files",
    reason: "the client's walk for `*/x` fails where a match is a file: later versions of tonistiigi/fsutil go on",
    matches: ({ kind, ours, theirs }) =>
      kind === "outcome" &&
      ours === "built" &&
      /^error from sender: (?:lstat|readdir) .*: not a directory$/.test(theirs),
  },
  {
    name: "WORKDIR with `..`",
    reason: "this engine makes the folders on the way before it takes `..` back; later ones clean the path first",
    matches: ({ kind, name, ours, theirs }, { dockerfile }) =>
      kind === "file" &&
      name === "w" &&
      ours === "absent" &&
      theirs.includes("directory") &&
      /^WORKDIR \/w\/\.\./m.test(dockerfile),
  },
  {
    name: "owners of what ADD --chown unpacks",
    reason: "the archive's own owners were kept until BuildKit 0.23: moby/buildkit#1547",
    matches: ({ kind, ours, theirs }, { dockerfile }) =>
      kind === "file" &&
      /^ADD --chown=.*/m.test(dockerfile) &&
      withoutOwner(ours) === withoutOwner(theirs) &&
      /"owner":"(?:0|1000|4242):(?:0|100|1000)"/.test(theirs),
  },
];

/** Which of the known differences this is; undefined: none, so one side is wrong. */
export function explain(difference: Difference, scenario: Scenario): KnownDifference | undefined {
  return KNOWN_DIFFERENCES.find((known) => known.matches(difference, scenario));
}

function argNameOf(history: string): string | undefined {
  return /^\["ARG (\w+)/.exec(history)?.[1];
}

function portsOf(history: string): string {
  return [...new Set(history.match(/\d+\/\w+/g))].sort().join(" ");
}

function withoutOwner(facts: string): string {
  return facts.replace(/"owner":"[^"]*"/, "");
}
