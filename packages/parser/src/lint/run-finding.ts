import type { Fix } from "../diagnostic.ts";
import type { Finding } from "./rule.ts";
import type { RunScript, ScriptPart } from "./shell-script/run-script.ts";

type Details = Pick<Finding, "message" | "hint" | "fix">;

/** A finding at a part of a script. */
export function runFinding(run: RunScript, part: ScriptPart, details: Details): Finding {
  return { range: run.rangeOf(part), comments: run.comments, ...details };
}

/** Text put in behind a word, where the script's words stand in the file as they are. */
export function insertBehind(
  run: RunScript,
  word: ScriptPart,
  insertion: { title: string; text: string },
): Fix | undefined {
  if (!run.isEditable) return undefined;
  const { end } = run.rangeOf(word);
  return { title: insertion.title, edits: [{ range: { start: end, end }, newText: insertion.text }] };
}

/** A command put behind the last, where the script is one chain of `&&` and nothing else. */
export function appendCommand(run: RunScript, command: string): Fix | undefined {
  const { commands, text, isEditable } = run;
  const last = commands.at(-1);
  const isChain = commands.every(({ before, after, depth }) => depth === 0 && isJoin(before) && isJoin(after));
  if (!isEditable || last === undefined || !isChain || text.slice(last.end).trim() !== "") return undefined;
  return insertBehind(run, { start: last.start, end: last.end }, { title: `Add ${command}`, text: ` && ${command}` });
}

function isJoin(separator: string): boolean {
  return separator === "" || separator === "&&";
}
