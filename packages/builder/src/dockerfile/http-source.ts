import { posix } from "node:path";
import type { HttpOp } from "../graph/op.ts";
import { isGitSource } from "./git-source.ts";

/** The name of a file whose address has none. */
const UNNAMED = "__unnamed__";

/** Tells whether ADD fetches `source` from the web as one file. */
export function isHttpSource(source: string): boolean {
  return /^https?:\/\//.test(source) && !isGitSource(source);
}

/** The op that fetches it. */
export function httpOp(url: string, checksum: string): HttpOp {
  return { type: "http", url, fileName: fileNameOf(url), ...(checksum === "" ? {} : { checksum }) };
}

function fileNameOf(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : "";
  const name = posix.basename(path);
  return name === "" ? UNNAMED : decodeName(name);
}

function decodeName(name: string): string {
  try {
    const decoded = decodeURIComponent(name);
    return decoded.includes("/") || decoded === "." || decoded === ".." ? UNNAMED : decoded;
  } catch {
    return name;
  }
}
