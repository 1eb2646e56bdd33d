import type { ComparedImage } from "@tsbuild/builder";
import { readImage, TsbuildError } from "@tsbuild/oci";
import type { Command } from "commander";
import { comparisonLines } from "../comparison-text.ts";
import type { Context } from "../context.ts";
import { withSourcePlace } from "../place.ts";
import { type Session, withSession } from "../session.ts";
import { usageError } from "../usage-error.ts";

interface Options {
  readonly platform?: string;
  readonly format: string;
}

export function configure(command: Command, context: Context): void {
  command
    .argument("<a>", "an image of the store, or a place as for copy: docker://REFERENCE, oci:FOLDER[:NAME], ...")
    .argument("<b>", "the same")
    .option("--platform <platform>", "which of several platforms (default: this machine's)")
    .option("--format <format>", "text or json", "text")
    .action((a: string, b: string, options: Options) => diff(context, [a, b], options));
}

/** Exit code 1 where there is a difference. */
async function diff(context: Context, [a, b]: readonly [string, string], options: Options): Promise<void> {
  const { format } = options;
  if (format !== "text" && format !== "json") throw usageError(`--format ${format}: neither text nor json`);
  const { compareImages } = await import("@tsbuild/builder");
  const comparison = await withSession(context, (session) =>
    withImage({ session, context, options }, a, (one) =>
      withImage({ session, context, options }, b, (other) =>
        compareImages(session.store, one, other, { signal: context.signal }),
      ),
    ),
  );
  if (format === "json") context.print(JSON.stringify(comparison, null, 2));
  else if (comparison.equal) context.note("no difference");
  else for (const line of comparisonLines(comparison)) context.print(line);
  if (!comparison.equal) context.exit(1);
}

interface Lookup {
  readonly session: Session;
  readonly context: Context;
  readonly options: Options;
}

/** A name means the store first, then the registry. */
async function withImage<T>(
  { session, context, options }: Lookup,
  text: string,
  use: (image: ComparedImage) => Promise<T>,
): Promise<T> {
  const { signal } = context;
  const reading = { signal, ...(options.platform === undefined ? {} : { platform: options.platform }) };
  const place = (await isStored(session, text)) ? `store:${text}` : text;
  return withSourcePlace(session, context, place, async ({ content, name }) =>
    use({ image: await readImage(content, name, reading), source: content }),
  );
}

async function isStored({ store }: Session, text: string): Promise<boolean> {
  try {
    await store.resolve(text);
    return true;
  } catch (error) {
    if (TsbuildError.is(error)) return false;
    throw error;
  }
}
