import { pageUrl } from "../page-url.ts";
import type { LintRule } from "../rule.ts";
import { runFinding } from "../run-finding.ts";
import type { RunScript } from "../shell-script/run-script.ts";
import type { ShellWord } from "../shell-script/shell-command.ts";

export const wideChmod: LintRule = {
  id: "WideChmod",
  title: "Files should not be writable for everybody",
  url: pageUrl("WideChmod"),
  *check({ runs, stages }) {
    for (const run of runs) {
      for (const { name, verb, operands, command } of run.calls) {
        if (name !== "chmod" || verb === undefined || !isWide(verb.value) || removes(run, operands)) continue;
        yield runFinding(run, command, details(verb.value));
      }
    }
    for (const instruction of stages.flatMap(({ instructions }) => instructions)) {
      if (instruction.kind !== "copy" && instruction.kind !== "add") continue;
      const { chmod = "", flags, range, comments } = instruction;
      const flag = flags.find(({ name }) => name === "chmod");
      if (isWide(chmod)) yield { range: flag?.range ?? range, comments, ...details(chmod) };
    }
  },
};

/** A folder that is gone at the end of its RUN harms nobody. */
function removes({ calls }: RunScript, folders: readonly ShellWord[]): boolean {
  const removed = new Set(calls.flatMap(({ name, args }) => (name === "rm" ? args.map(({ value }) => value) : [])));
  return folders.length > 0 && folders.every(({ value }) => removed.has(value));
}

function details(mode: string): { message: string; hint: string } {
  const message = `Mode ${mode} lets every user in the image change the file`;
  return { message, hint: "give it to the user that needs it: --chown, and 755 or 644" };
}

/** Writable for others. With the sticky bit, as /tmp has it, that is as it should be. */
function isWide(mode: string): boolean {
  if (/^[0-7]{3,4}$/.test(mode)) {
    const bits = Number.parseInt(mode, 8);
    return (bits & 0o002) !== 0 && (bits & 0o1000) === 0;
  }
  return mode.split(",").some((part) => /^(?:[ugo]*[ao][ugoa]*)[+=][rxXst]*w/.test(part)) && !mode.includes("t");
}
