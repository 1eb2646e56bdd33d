import type { BuildPlan, PlannedStep } from "@tsbuild/builder";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { SourceError } from "../report.ts";
import { withSession } from "../session.ts";
import { formatTable } from "../text/table.ts";
import { usageError } from "../usage-error.ts";
import { readDockerfileRequest } from "./dockerfile-flags.ts";
import { declareSolveFlags, type SolveFlags, solveOptions, withBuilder } from "./solve-flags.ts";

type Flags = SolveFlags & { readonly format: string };

export function configure(command: Command, context: Context): void {
  declareSolveFlags(command.argument("[context]", "a folder; - reads a Dockerfile from stdin", "."), context)
    .option("--format <format>", "text or json", "text")
    .action((place: string, flags: Flags) => plan(context, place, flags));
}

async function plan(context: Context, place: string, flags: Flags): Promise<void> {
  const { format } = flags;
  if (format !== "text" && format !== "json") throw usageError(`--format ${format}: neither text nor json`);
  const { options, source } = await readDockerfileRequest(context, place, flags);
  const found = await withSession(context, (session) =>
    withBuilder(context, session, flags, async (builder) => {
      try {
        return await builder.plan({ ...options, ...solveOptions(context, flags) });
      } catch (error) {
        throw new SourceError(source(), { cause: error });
      }
    }),
  );
  context.print(format === "json" ? JSON.stringify(found, null, 2) : await planText(found));
}

async function planText({ steps }: BuildPlan): Promise<string> {
  const { reasonLines } = await import("@tsbuild/builder");
  const whyOf = ({ reason, waitsFor }: PlannedStep): readonly string[] => {
    if (reason !== undefined) return reasonLines(reason);
    return waitsFor === undefined
      ? [""]
      : [`on what these write: ${waitsFor.map(({ name }) => oneLine(name)).join(", ")}`];
  };
  const rows = steps.flatMap((step) => {
    const [first = "", ...more] = whyOf(step);
    return [[step.prediction, oneLine(step.name), first], ...more.map((line) => ["", "", line])];
  });
  return formatTable([["", "STEP", "WHY"], ...rows]);
}

function oneLine(name: string): string {
  const line = name.replaceAll(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
