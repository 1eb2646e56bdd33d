import { parseFields } from "../arguments/fields.ts";
import { usageError } from "../usage-error.ts";

/** What `build` is asked to tell instead of building. */
export interface Call {
  readonly method: "check" | "outline" | "targets";
  readonly format: "text" | "json";
}

/** Docker's other words. */
const ALIASES: Readonly<Record<string, Call["method"]>> = {
  check: "check",
  lint: "check",
  outline: "outline",
  targets: "targets",
};

/**
 * Reads `outline,format=json`; undefined for `build`.
 * @throws TsbuildError USAGE
 */
export function parseCall(text: string): Call | undefined {
  const [word = "", ...rest] = text.split(",");
  const fields = rest.length === 0 ? {} : parseFields(rest.join(","), "--call", ["format"]);
  const { format = "text" } = fields;
  if (format !== "text" && format !== "json") throw usageError(`--call ${text}: the format is neither text nor json`);
  if (word === "build") return undefined;
  const method = Object.hasOwn(ALIASES, word) ? ALIASES[word] : undefined;
  if (method === undefined) throw usageError(`--call ${text}: known are build, check, outline and targets`);
  return { method, format };
}
