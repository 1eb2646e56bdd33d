import { mistake } from "./dockerfile-error.ts";
import type { ExpandedCopy } from "./instructions/expanded-copy.ts";
import { isGitSource, isHttpSource } from "./remote-source.ts";

const DIGEST = /^([a-z0-9]+(?:[.+_-][a-z0-9]+)*):[a-zA-Z0-9=_-]+$/;
const LENGTHS: ReadonlyMap<string, number> = new Map([
  ["sha256", 64],
  ["sha384", 96],
  ["sha512", 128],
]);

/**
 * Refuses an ADD --checksum that says nothing about its source.
 * @throws DockerfileError
 */
export function checkChecksum({ checksum, instruction, sources }: ExpandedCopy): void {
  if (checksum === "") return;
  const [source = "", ...others] = sources;
  const message =
    others.length > 0 || sources.length === 0
      ? "checksum can't be specified for multiple sources"
      : isHttpSource(source)
        ? digestMistake(checksum)
        : isGitSource(source)
          ? undefined
          : "checksum requires HTTP(S) or Git sources";
  if (message !== undefined) throw mistake(message, instruction.range, { code: "CHECKSUM_INVALID" });
}

/** What Go's digest package says of it. */
function digestMistake(text: string): string | undefined {
  const algorithm = DIGEST.exec(text)?.[1];
  if (algorithm === undefined) return "invalid checksum digest format";
  const length = LENGTHS.get(algorithm);
  if (length === undefined) return "unsupported digest algorithm";
  const hex = text.slice(algorithm.length + 1);
  if (hex.length !== length) return "invalid checksum digest length";
  return /^[a-f0-9]*$/.test(hex) ? undefined : "invalid checksum digest format";
}
