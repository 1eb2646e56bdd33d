import { ERRNO } from "./kernel-flags.ts";
import type { ScriptBuilder } from "./script.ts";
import { REPORT, report } from "./supervise.ts";

export interface Command {
  readonly args: readonly string[];
  readonly env: readonly string[];
}

/** What is searched where `env` has no PATH (Docker's default). */
export const DEFAULT_PATH: string = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const CLOSE_RANGE_CLOEXEC = 4;

/**
 * Writes the end of a child: execve, searching PATH as execvp(3) does. Where nothing can be started it reports
 * `notStarted` with the error that says most: "permission denied" rather than "not found" of a later folder. No
 * descriptors but the standard streams are passed on, unless `passOn` opens some.
 */
export function startCommand(script: ScriptBuilder, command: Command, passOn: () => void = () => {}): void {
  script.call("close_range", [3, 0xffffffff, CLOSE_RANGE_CLOEXEC]);
  passOn();
  const args = script.pointers(command.args.map((arg) => script.text(arg)));
  const env = script.pointers(command.env.map((entry) => script.text(entry)));
  const outcome = script.slot(-ERRNO.ENOENT);
  const error = script.slot();
  for (const [index, candidate] of candidates(command).entries()) {
    const next = `after candidate ${index}`;
    script.call("execve", [candidate, args, env], { result: error, onError: "continue" });
    script.jumpIfEqual(error, -ERRNO.ENOENT, next);
    script.jumpIfEqual(error, -ERRNO.ENOTDIR, next);
    script.copy(error, outcome);
    script.jumpIfEqual(error, -ERRNO.EACCES, next);
    script.jump("not started");
    script.label(next);
  }
  script.label("not started");
  report(script, REPORT.notStarted, outcome);
  script.call("exit_group", [127]);
}

/** The files that a command may stand for, in the order in which they are tried. */
export function candidates(command: Command): readonly string[] {
  const name = command.args[0] ?? "";
  if (name.includes("/")) return [name];
  const path = command.env.find((entry) => entry.startsWith("PATH="))?.slice(5) ?? DEFAULT_PATH;
  return path.split(":").map((folder) => (folder === "" ? `./${name}` : `${folder}/${name}`));
}
