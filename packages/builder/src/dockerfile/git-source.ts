import { posix } from "node:path";
import { TsbuildError } from "@tsbuild/oci";

/** A git repository that an ADD names. */
export interface GitSource {
  /** What git is given: without fragment and query. */
  readonly remote: string;
  /** The folder's name that goes with it: `foo` of `https://example.com/foo.git`. */
  readonly shortName: string;
  readonly ref?: string;
  readonly subdir?: string;
  readonly checksum?: string;
  readonly keepGitDir?: boolean;
  readonly submodules?: boolean;
  readonly fetchByCommit?: boolean;
  readonly mtime?: "checkout" | "commit";
}

const SCHEME = /^([a-zA-Z0-9]+):\/\//;
const SCHEMES: ReadonlySet<string> = new Set(["http", "https", "ssh", "git"]);
const SCP = /^([a-zA-Z0-9_-]+)@([a-zA-Z0-9.-]+):([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/;

/** Tells whether ADD fetches `source` with git. A reference whose query is wrong counts too. */
export function isGitSource(source: string): boolean {
  return splitGitUrl(source) !== undefined;
}

/**
 * Reads a git reference: `https://host/repo.git#ref:subdir`, `git@host:repo.git`, and the query forms `?ref=`, `tag=`,
 * `branch=`, `subdir=`, `checksum=`, `commit=`, `keep-git-dir=`, `submodules=`. An http address is one where its path
 * ends in `.git`.
 * @returns undefined where it is none
 * @throws TsbuildError GIT_REFERENCE_INVALID
 */
export function parseGitSource(source: string): GitSource | undefined {
  const url = splitGitUrl(source);
  if (url === undefined) return undefined;
  const [ref = "", subdir = ""] = splitOnce(url.fragment, ":");
  const folder = posix.join("/", subdir).slice(1);
  const shortName = (url.remote.split("/").at(-1) ?? "").replace(/\.git$/, "");
  const named = { ...(ref === "" ? {} : { ref }), ...(folder === "" ? {} : { subdir: folder }) };
  return readQuery({ remote: url.remote, shortName, ...named }, url.query);
}

interface GitUrl {
  readonly remote: string;
  readonly query: string;
  readonly fragment: string;
}

function splitGitUrl(source: string): GitUrl | undefined {
  const scheme = SCHEME.exec(source)?.[1]?.toLowerCase();
  if (scheme === undefined) return splitScp(source);
  if (!SCHEMES.has(scheme) || !URL.canParse(source)) return undefined;
  const [beforeFragment, fragment = ""] = splitOnce(source, "#");
  const [remote = "", query = ""] = splitOnce(beforeFragment ?? "", "?");
  const isWeb = scheme === "http" || scheme === "https";
  return isWeb && !new URL(source).pathname.endsWith(".git")
    ? undefined
    : { remote, query, fragment: decodeFragment(fragment) };
}

/** `git@host:path`: without a user it is a path of the context, as `a:b` may be. */
function splitScp(source: string): GitUrl | undefined {
  const [, user, host, path, query = "", fragment = ""] = SCP.exec(source) ?? [];
  return user === undefined ? undefined : { remote: `${user}@${host}:${path}`, query, fragment };
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

type Draft = { -readonly [Name in keyof GitSource]: GitSource[Name] };

function readQuery(source: GitSource, query: string): GitSource {
  const draft: Draft = { ...source };
  const parameters = new URLSearchParams(query);
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name);
    if (values.length > 1) throw invalid(`query "${name}" has multiple values`);
    readParameter(draft, name, values[0] ?? "");
  }
  const tag = fullRef("refs/tags/", parameters.get("tag"));
  const branch = fullRef("refs/heads/", parameters.get("branch"));
  if (tag !== undefined && branch !== undefined) throw invalid("branch conflicts with tag");
  for (const ref of [tag, branch]) if (ref !== undefined) settle(draft, "ref", ref);
  return draft;
}

function readParameter(draft: Draft, name: string, value: string): void {
  switch (name) {
    case "keep-git-dir":
      draft.keepGitDir = flagOf(name, value);
      return;
    case "submodules":
      draft.submodules = flagOf(name, value);
      return;
    case "fetch-by-commit":
      draft.fetchByCommit = flagOf(name, value);
      return;
  }
  if (value === "") throw invalid(`query "${name}" has no value`);
  switch (name) {
    case "ref":
    case "subdir":
      settle(draft, name, value);
      return;
    case "checksum":
    case "commit":
      draft.checksum = value;
      return;
    case "mtime":
      if (value !== "checkout" && value !== "commit")
        throw invalid(`invalid mtime value: "${value}" (must be "checkout" or "commit")`);
      draft.mtime = value;
      return;
    case "tag":
    case "branch":
      return;
    default:
      throw invalid(`unexpected query "${name}"`);
  }
}

function settle(draft: Draft, name: "ref" | "subdir", value: string): void {
  const old = draft[name];
  if (old !== undefined && old !== value) throw invalid(`${name} conflicts: "${old}" vs "${value}"`);
  draft[name] = value;
}

function fullRef(prefix: string, name: string | null): string | undefined {
  if (name === null || name === "") return undefined;
  return name.startsWith(prefix) ? name : `${prefix}${name}`;
}

function flagOf(name: string, value: string): boolean {
  if (/^(?:|1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(?:0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw invalid(`invalid ${name} value: "${value}"`);
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function invalid(message: string): Error {
  return new TsbuildError("GIT_REFERENCE_INVALID", message, {
    hint: "write https://host/repository.git#ref:folder, or ?ref=, tag=, branch=, subdir=, checksum=",
  });
}
