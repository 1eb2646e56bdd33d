import type { TransferEvent } from "@tsbuild/oci";
import type { Context } from "../context.ts";
import { createDisplay } from "./display.ts";

/** Shows what `work` copies, as the settings want progress shown. */
export async function withTransfers<T>(
  context: Context,
  { quiet }: { readonly quiet: boolean },
  work: (onEvent: (event: TransferEvent) => void) => Promise<T>,
): Promise<T> {
  const { progress, color } = context.settings();
  const display = createDisplay(context.terminal, { mode: quiet ? "quiet" : progress, color, signal: context.signal });
  display.event({ type: "build.started", time: Date.now() });
  try {
    return await work((transfer) => display.event({ type: "transfer", transfer }));
  } finally {
    display.close();
  }
}
