import { release } from "node:os";
import type { RuntimeReport } from "@tsbuild/runtime";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { withStore } from "../session.ts";
import type { Settings } from "../settings.ts";
import { formatTable } from "../text/table.ts";
import { version } from "../version.ts";

export function configure(command: Command, context: Context): void {
  command.option("--json", "print JSON").action(async (options: { json?: boolean }) => {
    const report = await examine(context);
    context.print(options.json ? JSON.stringify(report, null, 2) : render(report));
    if (report.runtime.chosen === undefined) context.exit(1);
  });
}

interface Report {
  readonly machine: Readonly<Record<string, string>>;
  readonly settings: Pick<Settings, "root" | "mirrors" | "insecure" | "configFile">;
  readonly runtime: RuntimeReport;
}

async function examine(context: Context): Promise<Report> {
  const { root, mirrors, insecure, configFile } = context.settings();
  const { probeRuntime } = await import("@tsbuild/runtime");
  const runtime = await withStore(context, (store) => probeRuntime({ root: store.folder("snapshots") }));
  const user = process.getuid?.();
  return {
    machine: {
      tsbuild: version(),
      node: process.versions.node,
      kernel: `${process.platform} ${release()} ${process.arch}`,
      user: user === 0 ? "root" : `uid ${user}`,
    },
    settings: { root, mirrors, insecure, configFile },
    runtime,
  };
}

function render({ machine, settings, runtime }: Report): string {
  const { backends, snapshotters, chosen, notes } = runtime;
  const mirrors = Object.entries(settings.mirrors).map(([host, urls]) => ["mirror", `${host}: ${urls.join(", ")}`]);
  const insecure = settings.insecure.map((host) => ["plain HTTP", host]);
  const facts = [
    ...Object.entries(machine),
    ["store", settings.root],
    ["config file", settings.configFile],
    ...mirrors,
    ...insecure,
  ];
  const rungs = [
    ["RUNTIME", "AVAILABLE", "HOW, OR WHY NOT"],
    ...backends.map(({ name, available, reason, rootless, isolation }) => [
      mark(name, chosen?.backend),
      available ? "yes" : "no",
      available
        ? `${rootless ? "as a user" : "as root"}: ${isolation.join(", ") || "no isolation"}${reason ? `; ${reason}` : ""}`
        : (reason ?? ""),
    ]),
  ];
  const trees = [
    ["SNAPSHOTTER", "AVAILABLE", "WHY NOT"],
    ...snapshotters.map(({ name, available, reason = "" }) => [
      mark(name, chosen?.snapshotter),
      available ? "yes" : "no",
      reason,
    ]),
  ];
  const verdict =
    chosen === undefined
      ? "RUN does not work here; builds without RUN do."
      : '* is what RUN and "tsbuild run" take by default.';
  return [facts, rungs, trees]
    .map(formatTable)
    .concat([verdict, ...notes])
    .join("\n\n");
}

function mark(name: string, chosen: string | undefined): string {
  return name === chosen ? `${name} *` : name;
}
