import { TsbuildError } from "@tsbuild/oci";

/** A mistake in how the command was called: exit code 2. */
export function usageError(message: string, options: { hint?: string; cause?: unknown } = {}): TsbuildError<"USAGE"> {
  return new TsbuildError("USAGE", message, options);
}
