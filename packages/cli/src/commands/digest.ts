import { readImage } from "@tsbuild/oci";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { withSourcePlace } from "../place.ts";
import { withSession } from "../session.ts";

export function configure(command: Command, context: Context): void {
  command
    .argument("<image>", "REFERENCE of a registry, oci:FOLDER[:NAME], oci-archive:FILE[:NAME], store:NAME")
    .option("--platform <platform>", "of one image of several platforms (default: of the index)")
    .action((text: string, { platform }: { readonly platform?: string }) =>
      withSession(context, (session) =>
        withSourcePlace(session, context, text, async ({ content, name }) => {
          const { signal } = context;
          const root = await content.resolve(name, { signal });
          const one = platform === undefined ? root : (await readImage(content, root, { platform, signal })).descriptor;
          context.print(one.digest);
        }),
      ),
    );
}
