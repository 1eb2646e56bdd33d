import type { Builder, BuildResult, DockerfileOptions, ImageComparison } from "@tsbuild/builder";
import { formatPlatform, readImage } from "@tsbuild/oci";
import type { Command } from "commander";
import { comparisonLines } from "../comparison-text.ts";
import type { Context } from "../context.ts";
import { createDisplay } from "../progress/display.ts";
import { SourceError } from "../report.ts";
import { type Session, withSession } from "../session.ts";
import { parseProgressMode } from "../settings.ts";
import { usageError } from "../usage-error.ts";
import { readDockerfileRequest } from "./dockerfile-flags.ts";
import { declareSolveFlags, type SolveFlags, solveOptions, withBuilder } from "./solve-flags.ts";

type Flags = SolveFlags & { readonly progress?: string };

export function configure(command: Command, context: Context): void {
  declareSolveFlags(command.argument("[context]", "a folder; - reads a Dockerfile from stdin", "."), context)
    .option("--progress <mode>", "auto, tty, plain, json or quiet")
    .action((place: string, flags: Flags) => verifyBuild(context, place, flags));
}

/** Builds twice without the cache. Exit code 1 where the images are not the same. */
async function verifyBuild(context: Context, place: string, flags: Flags): Promise<void> {
  const { options, source } = await readDockerfileRequest(context, place, flags);
  if (typeof options.context === "object")
    throw usageError("verify build: an archive on stdin can be read only once", {
      hint: "unpack it and name its folder",
    });
  const request = { ...options, ...solveOptions(context, flags), noCache: true };
  await withSession(context, (session) =>
    withBuilder(context, session, flags, async (builder) => {
      const build = async (which: string): Promise<BuildResult> => {
        try {
          return await buildOnce(context, builder, request, flags);
        } catch (error) {
          context.note(`the ${which} build failed`);
          throw new SourceError(source(), { cause: error });
        }
      };
      const first = await build("first");
      const second = await build("second");
      await tell(context, session, first, second);
    }),
  );
}

async function buildOnce(
  context: Context,
  builder: Builder,
  request: DockerfileOptions,
  flags: Flags,
): Promise<BuildResult> {
  const { color, progress } = context.settings();
  const mode = parseProgressMode(flags.progress ?? progress);
  const display = createDisplay(context.terminal, { mode, color, signal: context.signal });
  try {
    return await builder.buildDockerfile({ ...request, onEvent: display.event });
  } finally {
    display.close();
  }
}

async function tell(context: Context, { store }: Session, first: BuildResult, second: BuildResult): Promise<void> {
  if (first.image.digest === second.image.digest) {
    context.print(`reproduced: ${first.image.digest}`);
    return;
  }
  const { compareImages } = await import("@tsbuild/builder");
  context.exit(1);
  context.print(`not reproduced: ${first.image.digest} -> ${second.image.digest}`);
  for (const [at, { image, platform }] of first.platforms.entries()) {
    const other = second.platforms[at]?.image ?? image;
    const images = [await readImage(store, image), await readImage(store, other)] as const;
    const comparison = await compareImages(store, { image: images[0] }, { image: images[1] }, { limit: 20 });
    if (first.platforms.length > 1) context.print(`${formatPlatform(platform)}:`);
    for (const line of comparisonLines(comparison)) context.print(line);
    if (hasTimesOnly(comparison))
      context.note("hint: only times differ, those of RUN: --rewrite-timestamp clamps them");
  }
}

function hasTimesOnly({ config, files }: ImageComparison): boolean {
  return (
    config.length === 0 &&
    files.length > 0 &&
    files.every(({ only, changes }) => only === undefined && changes.every(({ what }) => what === "time"))
  );
}
