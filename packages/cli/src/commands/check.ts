import type { Command } from "commander";
import type { Context } from "../context.ts";
import { withStore } from "../session.ts";

export function configure(command: Command, context: Context): void {
  command.option("--json", "print problems as lines of JSON").action((options: { json?: boolean }) =>
    withStore(context, async (store) => {
      let problems = 0;
      for await (const problem of store.check({ signal: context.signal })) {
        problems += 1;
        const { kind, subject, message } = problem;
        context.print(options.json ? JSON.stringify(problem) : `${kind} ${subject}: ${message}`);
      }
      if (problems > 0) context.exit(1);
      else if (!options.json) context.print(`${store.root}: no problem found`);
    }),
  );
}
