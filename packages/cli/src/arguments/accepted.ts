import { type Command, Option } from "commander";
import type { Context } from "../context.ts";

/** Declares flags of Docker that ask for nothing that tsbuild would do differently; help does not list them. */
export function acceptSilently(command: Command, flags: readonly string[]): void {
  for (const each of flags) command.addOption(new Option(each).hideHelp());
}

/** Declares flags of Docker that tsbuild cannot honour but can do without: whoever gives one is told. */
export function acceptWithWarning(command: Command, context: Context, flags: readonly string[]): void {
  const options = flags.map((each) => new Option(each).hideHelp());
  for (const option of options) command.addOption(option);
  command.hook("preAction", () => {
    for (const option of options) {
      const given = command.getOptionValueSource(option.attributeName()) === "cli";
      if (given) context.note(`warning: ${option.long} has no effect`);
    }
  });
}
