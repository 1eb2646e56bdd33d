import type { FileChange, KeyChange, StepReason } from "./reason.ts";

/** How many files the text of one change names; the JSON form has more. */
const FILES_SHOWN = 8;
const WIDTH = 72;

/** A reason as lines for people: the first says what, the others the details. */
export function reasonLines(reason: StepReason): readonly string[] {
  switch (reason.type) {
    case "no-cache":
      return ["the cache was not asked: --no-cache"];
    case "new":
      return ["nothing like it was built here before"];
    case "layers-gone":
      return ["its layer was removed from the store since it was last built"];
    case "other-base":
      return [`what is below wrote something else than last time: ${names(reason.steps)}`];
    case "newer-source":
      return ["the source has changed since it was last fetched"];
    case "changed":
      return reason.changes.flatMap(changeLines);
  }
}

/** Parts whose names in the key say little. */
const LABELS: Readonly<Record<string, string>> = {
  cwd: "the working directory",
  hosts: "the list of extra hosts",
  times: "where the times of files come from",
};

function changeLines(change: KeyChange): readonly string[] {
  switch (change.part) {
    case "base":
      return [`it goes on top of what was made anew: ${names(change.steps)}`];
    case "image":
      return [`the image is another one: ${change.old} -> ${change.new}`];
    case "command":
      return ["the command was changed", `- ${clip(change.old)}`, `+ ${clip(change.new)}`];
    case "variable":
      return [sides(`the variable ${change.name}`, change)];
    case "setting":
      if (change.name === "order") return ["variables, mounts or files come in another order"];
      return [sides(LABELS[change.name] ?? change.name, change)];
    case "files":
      return filesLines(change);
  }
}

function filesLines({ target, files, total = 0 }: Extract<KeyChange, { part: "files" }>): readonly string[] {
  if (files === undefined) return [`the files for ${target} are not the same`];
  if (total === 0) return [`the files for ${target} come in another selection or order`];
  const shown = files.slice(0, FILES_SHOWN).map(fileLine);
  const rest = total > shown.length ? [`  and ${total - shown.length} more`] : [];
  return [`${total} ${total === 1 ? "file" : "files"} for ${target} changed`, ...shown, ...rest];
}

function fileLine({ path, change, old, new: now }: FileChange): string {
  const name = path === "" ? "." : path;
  if (change === "added" || change === "removed") return `  ${name}: ${change}`;
  if (change === "content") return `  ${name}: content ${old} -> ${now}`;
  return `  ${name}: ${change} ${old || "none"} -> ${now || "none"}`;
}

function sides(what: string, { old, new: now }: { readonly old?: string; readonly new?: string }): string {
  if (old === undefined) return `${what} is new: ${clip(now ?? "")}`;
  if (now === undefined) return `${what} is gone, it was ${clip(old)}`;
  return `${what} was changed: ${clip(old)} -> ${clip(now)}`;
}

function names(steps: readonly { readonly name: string }[]): string {
  return steps.length === 0 ? "a step below" : steps.map(({ name }) => clip(name)).join(", ");
}

function clip(text: string): string {
  if (text === "") return '""';
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line;
}
