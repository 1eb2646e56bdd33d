import type { RunScript } from "./shell-script/run-script.ts";

/** Whether a script removes what `pattern` finds, with rm or find, or has a mount there, so that no layer gets it. */
export function removesFiles({ calls, instruction }: RunScript, pattern: RegExp): boolean {
  const isMounted = instruction.mounts.some((mount) => /type=(?:cache|tmpfs)/.test(mount) && pattern.test(mount));
  return (
    isMounted ||
    calls.some(({ name, command }) => {
      return /^(?:rm|find|xargs|truncate)$/.test(name) && command.words.some(({ value }) => pattern.test(value));
    })
  );
}
