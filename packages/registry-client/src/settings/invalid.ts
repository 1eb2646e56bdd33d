import { TsbuildError, type TsbuildErrorOptions } from "@tsbuild/oci";

/** A file of settings that is damaged or cannot be read. */
export function settingsInvalid(message: string, options: TsbuildErrorOptions = {}): TsbuildError<"SETTINGS_INVALID"> {
  return new TsbuildError("SETTINGS_INVALID", message, options);
}
