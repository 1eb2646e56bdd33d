import { TsbuildError } from "../error.ts";

/**
 * A name from an archive as a path inside the root: no leading `/`, no `.`, no empty parts, and `..` goes no higher than
 * the root. The root itself is `""`.
 *
 * @throws TsbuildError TAR_INVALID where the name holds a NUL byte, which no file system can store
 */
export function safePath(name: string): string {
  if (name.includes("\0"))
    throw new TsbuildError("TAR_INVALID", `tar has a name with a NUL byte: ${JSON.stringify(name)}`);
  if (!/(?:^|\/)\.{0,2}(?:\/|$)/.test(name)) return name;
  const parts: string[] = [];
  for (const part of name.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}
