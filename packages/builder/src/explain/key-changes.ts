import { type Digest, isDigest } from "@tsbuild/oci";
import type { ContentRow } from "../files/content-list.ts";
import { fileChanges } from "./file-changes.ts";
import { textOf } from "./key-parts.ts";
import type { NearestRecord } from "./nearest-record.ts";
import { type KeyChange, MOST_FILES, type StepNote } from "./reason.ts";

export interface ChangeSources {
  /** The steps that the step goes on top of, as they are now. */
  readonly below: readonly StepNote[];
  /** The files behind a content checksum, where they were listed. */
  readonly filesOf: (checksum: Digest) => readonly ContentRow[] | undefined;
}

/** What differs between the key of a step and that of the nearest record; what the step itself says comes first. */
export function keyChanges({ before, after, differing }: NearestRecord, sources: ChangeSources): readonly KeyChange[] {
  // Each part is the same, and the keys are not: they come in another order.
  if (differing.length === 0) return [{ part: "setting", name: "order" }];
  const changes = differing.map((name) => changeOf(name, sidesOf(before.get(name), after.get(name)), sources));
  return changes.sort((a, b) => ORDER.indexOf(a.part) - ORDER.indexOf(b.part));
}

const ORDER: readonly KeyChange["part"][] = ["image", "files", "command", "variable", "setting", "base"];

interface Sides {
  readonly old?: string;
  readonly new?: string;
}

function sidesOf(before: unknown, after: unknown): Sides {
  const [old, now] = [textOf(before), textOf(after)];
  return { ...(old === undefined ? {} : { old }), ...(now === undefined ? {} : { new: now }) };
}

function changeOf(name: string, sides: Sides, { below, filesOf }: ChangeSources): KeyChange {
  const [kind = "", rest = ""] = splitName(name);
  if (name === "base") return { part: "base", steps: below };
  if (name === "command") return { part: "command", old: commandText(sides.old), new: commandText(sides.new) };
  if (name === "digest") return { part: "image", old: sides.old ?? "", new: sides.new ?? "" };
  if (kind === "env") return { part: "variable", name: rest, ...sides };
  if (kind === "content") return filesChange(rest.replace(/^\d+ /, ""), sides, filesOf);
  return { part: "setting", name, ...sides };
}

function splitName(name: string): readonly [string, string] {
  const cut = name.indexOf(" ");
  return cut < 0 ? [name, ""] : [name.slice(0, cut), name.slice(cut + 1)];
}

/** Of a shell form the text alone: the shell is the same for all. */
function commandText(args = ""): string {
  try {
    const words: unknown = JSON.parse(args);
    if (!Array.isArray(words)) return args;
    return words.length === 3 && words[1] === "-c" ? String(words[2]) : words.join(" ");
  } catch {
    return args;
  }
}

function filesChange(target: string, sides: Sides, filesOf: ChangeSources["filesOf"]): KeyChange {
  const [old, now] = [sides.old, sides.new].map((side) =>
    side !== undefined && isDigest(side) ? filesOf(side) : undefined,
  );
  if (old === undefined || now === undefined) return { part: "files", target, ...sides };
  const files = fileChanges(old, now);
  return { part: "files", target, ...sides, files: files.slice(0, MOST_FILES), total: files.length };
}
