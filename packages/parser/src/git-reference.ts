import type { FlagError } from "./flags/csv.ts";
import { parseBoolean } from "./flags/scalars.ts";
import { quote } from "./text/go-strings.ts";

/** A git repository as a build context or a source of ADD: `https://host/repo.git#ref:folder`, `git@host:repo?tag=v1`. */
export interface GitReference {
  /** What git fetches from. */
  readonly remote: string;
  /** The last part of the path, without `.git`. */
  readonly shortName: string;
  /** A branch, tag or commit; empty for the default branch. */
  readonly ref: string;
  /** A folder in the repository; empty for all of it. */
  readonly subdir: string;
  /** The commit that the ref must be. */
  readonly checksum: string;
  /** Empty where not given: then `checkout`. */
  readonly mtime: "" | "checkout" | "commit";
  readonly keepGitDir: boolean | undefined;
  readonly submodules: boolean | undefined;
  readonly fetchByCommit: boolean;
  /** `github.com/owner/repo`, which may as well be a path: for build contexts only. */
  readonly indistinguishableFromLocal: boolean;
  readonly unencryptedTcp: boolean;
}

interface GitUrl {
  readonly scheme: string;
  readonly remote: string;
  readonly path: string;
  readonly query: ReadonlyMap<string, readonly string[]>;
  readonly fragment: string;
}

type Draft = { -readonly [Key in keyof GitReference]: GitReference[Key] } & { tag: string; branch: string };

const SCHEMES: readonly string[] = ["http", "https", "ssh", "git"];
const SCP_STYLE = /^([a-zA-Z0-9-_]+)@([a-zA-Z0-9-.]+):([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

/** Undefined for what is no git reference; an error for a git reference with a query that makes no sense. */
export function parseGitReference(text: string): GitReference | FlagError | undefined {
  if (text.startsWith("./") || text.startsWith("../")) return undefined;
  const isBare = text.startsWith("github.com/");
  const url = isBare ? splitUrl(`https://${text}`) : (splitUrl(text) ?? splitScp(text));
  if (url === undefined) return undefined;
  const needsSuffix = !isBare && (url.scheme === "http" || url.scheme === "https");
  if (needsSuffix && !url.path.endsWith(".git")) return undefined;
  const remote = isBare ? url.remote.slice("https://".length) : url.remote;
  const draft = draftOf(url, remote, isBare);
  for (const [key, values] of url.query) {
    const error = applyQuery(key, values, draft);
    if (error !== undefined) return { error };
  }
  const error = settleRef(draft);
  const { tag: _, branch: __, ...reference } = draft;
  return error === undefined ? reference : { error };
}

function draftOf({ scheme, fragment }: GitUrl, remote: string, isBare: boolean): Draft {
  const colon = fragment.indexOf(":");
  return {
    remote,
    shortName: (remote.split("/").at(-1) ?? "").replace(/\.git$/, ""),
    ref: colon < 0 ? fragment : fragment.slice(0, colon),
    subdir: colon < 0 ? "" : cleanFolder(fragment.slice(colon + 1)),
    checksum: "",
    mtime: "",
    keepGitDir: undefined,
    submodules: undefined,
    fetchByCommit: false,
    indistinguishableFromLocal: isBare,
    unencryptedTcp: scheme === "http" || scheme === "git",
    tag: "",
    branch: "",
  };
}

function splitUrl(text: string): GitUrl | undefined {
  const match = /^([a-zA-Z0-9]+):\/\/([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text);
  const scheme = match?.[1]?.toLowerCase() ?? "";
  if (match === null || !SCHEMES.includes(scheme)) return undefined;
  const [, , rest = "", query, fragment] = match;
  const slash = rest.indexOf("/");
  const path = slash < 0 ? "" : decode(rest.slice(slash));
  return { scheme, remote: `${scheme}://${rest}`, path, query: splitQuery(query), fragment: decode(fragment ?? "") };
}

function splitScp(text: string): GitUrl | undefined {
  const match = SCP_STYLE.exec(text);
  if (match === null) return undefined;
  const [, user, host, path = "", query, fragment = ""] = match;
  return { scheme: "ssh", remote: `${user}@${host}:${path}`, path, query: splitQuery(query), fragment };
}

function splitQuery(query = ""): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const part of query.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const key = decode((equals < 0 ? part : part.slice(0, equals)).replaceAll("+", " "));
    const value = equals < 0 ? "" : decode(part.slice(equals + 1).replaceAll("+", " "));
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return values;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Takes one key of the query into the reference; answers with what is wrong with it. */
function applyQuery(key: string, values: readonly string[], draft: Draft): string | undefined {
  const [value = ""] = values;
  if (values.length > 1) return `query ${quote(key)} has multiple values`;
  if (key === "submodules" || key === "keep-git-dir" || key === "fetch-by-commit")
    return applySwitch(key, value, draft);
  if (value === "") return `query ${quote(key)} has no value`;
  switch (key) {
    case "ref":
    case "subdir":
      return agree(key, value, draft);
    case "tag":
    case "branch":
      draft[key] = value;
      return undefined;
    case "checksum":
    case "commit":
      draft.checksum = value;
      return undefined;
    case "mtime":
      if (value !== "checkout" && value !== "commit") {
        return `invalid mtime value: ${quote(value)} (must be "checkout" or "commit")`;
      }
      draft.mtime = value;
      return undefined;
    default:
      return `unexpected query ${quote(key)}`;
  }
}

function applySwitch(
  key: "submodules" | "keep-git-dir" | "fetch-by-commit",
  value: string,
  draft: Draft,
): string | undefined {
  const on = value === "" ? true : parseBoolean(value);
  if (on === undefined) return `invalid ${key} value: ${quote(value)}`;
  if (key === "submodules") draft.submodules = on;
  else if (key === "keep-git-dir") draft.keepGitDir = on;
  else draft.fetchByCommit = on;
  return undefined;
}

/** Sets a field, unless the fragment gave it another value. */
function agree(key: "ref" | "subdir", value: string, draft: Draft): string | undefined {
  if (draft[key] !== "" && draft[key] !== value) return `${key} conflicts: ${quote(draft[key])} vs ${quote(value)}`;
  draft[key] = value;
  return undefined;
}

/** A tag and a branch are refs with a prefix. */
function settleRef(draft: Draft): string | undefined {
  const { tag, branch } = draft;
  const tagError = tag === "" ? undefined : agree("ref", withPrefix("refs/tags/", tag), draft);
  if (tagError !== undefined || branch === "") return tagError;
  return tag === "" ? agree("ref", withPrefix("refs/heads/", branch), draft) : "branch conflicts with tag";
}

function withPrefix(prefix: string, name: string): string {
  return name.startsWith(prefix) ? name : prefix + name;
}

/** Without empty, `.` and `..` parts, and without a slash in front. */
function cleanFolder(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}
