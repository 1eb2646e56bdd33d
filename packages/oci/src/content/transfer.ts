import type { Descriptor } from "../descriptor.ts";

/** What happens to one piece of content while it is copied. */
export type TransferEvent =
  | { readonly type: "transfer.started"; readonly descriptor: Descriptor }
  | { readonly type: "transfer.progress"; readonly descriptor: Descriptor; readonly bytes: number }
  | { readonly type: "transfer.skipped"; readonly descriptor: Descriptor; readonly reason: "exists" | "mounted" }
  | { readonly type: "transfer.done"; readonly descriptor: Descriptor };
