import { TsbuildError } from "../error.ts";

/** The error for content or a name that is not where it was looked for; `place` is `the memory store`, a path, ... */
export function notFound(what: string, place: string, hint?: string): TsbuildError<"NOT_FOUND"> {
  return new TsbuildError("NOT_FOUND", `${what} is not in ${place}`, hint === undefined ? {} : { hint });
}
