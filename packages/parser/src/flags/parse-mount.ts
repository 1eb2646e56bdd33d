import type { Expansion, ExpansionError } from "../expand.ts";
import { quote } from "../text/go-strings.ts";
import { didYouMean, suggest } from "../text/suggest.ts";
import { type FlagError, splitCsv } from "./csv.ts";
import { parseBoolean, parseSize, parseUint32 } from "./scalars.ts";

export type MountType = "bind" | "cache" | "tmpfs" | "secret" | "ssh";
export type CacheSharing = "shared" | "private" | "locked";

/** The value of a `RUN --mount` flag. What depends on the build (defaults for target and id, relative paths) is left open. */
export interface Mount {
  /** @default "bind" */
  readonly type: MountType;
  /** A stage, an image or a named context. */
  readonly from: string;
  readonly source: string;
  readonly target: string;
  /** Default: false for cache and tmpfs, else true. */
  readonly readOnly: boolean;
  /** Bytes, of tmpfs; undefined means no limit. */
  readonly sizeLimit: number | undefined;
  readonly id: string;
  readonly sharing: CacheSharing | undefined;
  readonly required: boolean;
  /** The environment variable that gets the secret. */
  readonly env: string | undefined;
  readonly mode: number | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** Expands one value, as `(word) => expand(word, env)` does. */
export type WordExpander = (word: string) => Pick<Expansion, "text"> | ExpansionError;

type MountDraft = { -readonly [Key in keyof Mount]: Mount[Key] } & { readOnlyGiven: boolean };

const TYPES: readonly MountType[] = ["bind", "cache", "tmpfs", "secret", "ssh"];
const SHARING: readonly CacheSharing[] = ["shared", "private", "locked"];

/**
 * Reads `type=cache,target=/root/.npm`. Each field's value goes through `expander` first, because values may have variables.
 * Errors are BuildKit's texts.
 */
export function parseMountFlag(value: string, expander: WordExpander = (text) => ({ text })): Mount | FlagError {
  const fields = splitCsv(value);
  if ("error" in fields) return { error: `failed to parse csv mounts: ${fields.error}` };
  const draft = newDraft();
  for (const field of fields) {
    const error = applyField(field, draft, expander);
    if (error !== undefined) return { error };
  }
  const error = checkMount(draft);
  if (error !== undefined) return { error };
  const { readOnlyGiven, ...mount } = draft;
  return readOnlyGiven ? mount : { ...mount, readOnly: mount.type !== "cache" && mount.type !== "tmpfs" };
}

/** What can be said of a mount before variables are known: undefined where nothing is wrong so far. */
export function checkMountFlag(value: string): FlagError | undefined {
  const fields = splitCsv(value);
  if ("error" in fields) return { error: `failed to parse csv mounts: ${fields.error}` };
  for (const field of fields) {
    const [key, text] = splitField(field);
    const dollar = text?.indexOf("$") ?? -1;
    if (key === "from" && dollar >= 0 && dollar !== (text?.length ?? 0) - 1) {
      return { error: "'from' doesn't support variable expansion, define alias stage instead" };
    }
  }
  return undefined;
}

function newDraft(): MountDraft {
  return {
    type: "bind",
    from: "",
    source: "",
    target: "",
    readOnly: true,
    readOnlyGiven: false,
    sizeLimit: undefined,
    id: "",
    sharing: undefined,
    required: false,
    env: undefined,
    mode: undefined,
    uid: undefined,
    gid: undefined,
  };
}

function splitField(field: string): [string, string | undefined] {
  const equals = field.indexOf("=");
  return equals < 0
    ? [field.toLowerCase(), undefined]
    : [field.slice(0, equals).toLowerCase(), field.slice(equals + 1)];
}

/** Takes one field into the mount; answers with what is wrong with it. */
function applyField(field: string, draft: MountDraft, expander: WordExpander): string | undefined {
  const [key, raw] = splitField(field);
  if (raw === undefined) return applyBareField(key, field, draft);
  const expanded = expander(raw);
  if ("error" in expanded) return expanded.error;
  const apply = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined;
  if (apply !== undefined) return apply(draft, expanded.text, key);
  return `unexpected key '${key}' in '${field}'${didYouMean(suggest(key, Object.keys(FIELDS)))}`;
}

function applyBareField(key: string, field: string, draft: MountDraft): string | undefined {
  if (key === "readonly" || key === "ro") return setReadOnly(draft, true);
  if (key === "readwrite" || key === "rw") return setReadOnly(draft, false);
  if (key === "required") return setRequired(draft, "true", key);
  return `invalid field '${field}' must be a key=value pair`;
}

type FieldSetter = (draft: MountDraft, value: string, key: string) => string | undefined;

const FIELDS: Readonly<Record<string, FieldSetter>> = {
  type: setType,
  from: textSetter("from"),
  source: textSetter("source"),
  target: textSetter("target"),
  readonly: readOnlySetter(true),
  id: textSetter("id"),
  sharing: setSharing,
  required: setRequired,
  size: setSize,
  mode: setNumber,
  uid: setNumber,
  gid: setNumber,
  src: textSetter("source"),
  dst: textSetter("target"),
  destination: textSetter("target"),
  ro: readOnlySetter(true),
  rw: readOnlySetter(false),
  readwrite: readOnlySetter(false),
  env: textSetter("env"),
};

function textSetter(name: "from" | "source" | "target" | "id" | "env"): FieldSetter {
  return (draft, value) => {
    draft[name] = value;
    return undefined;
  };
}

function readOnlySetter(meaning: boolean): FieldSetter {
  return (draft, value, key) => {
    const parsed = parseBoolean(value);
    return parsed === undefined ? `invalid value for ${key}: ${value}` : setReadOnly(draft, parsed === meaning);
  };
}

function setType(draft: MountDraft, value: string): string | undefined {
  const type = TYPES.find((candidate) => candidate === value.toLowerCase());
  if (type === undefined) return `unsupported mount type ${quote(value)}${didYouMean(suggest(value, TYPES))}`;
  draft.type = type;
  return undefined;
}

function setSharing(draft: MountDraft, value: string): string | undefined {
  const sharing = SHARING.find((candidate) => candidate === value.toLowerCase());
  if (sharing === undefined) return `unsupported sharing value ${quote(value)}${didYouMean(suggest(value, SHARING))}`;
  draft.sharing = sharing;
  return undefined;
}

function setReadOnly(draft: MountDraft, readOnly: boolean): undefined {
  draft.readOnly = readOnly;
  draft.readOnlyGiven = true;
}

function setRequired(draft: MountDraft, value: string, key: string): string | undefined {
  if (draft.type !== "secret" && draft.type !== "ssh") return unexpectedKey(key, draft);
  const required = parseBoolean(value);
  if (required === undefined) return `invalid value for ${key}: ${value}`;
  draft.required = required;
  return undefined;
}

function setSize(draft: MountDraft, value: string, key: string): string | undefined {
  if (draft.type !== "tmpfs") return unexpectedKey(key, draft);
  draft.sizeLimit = parseSize(value);
  return draft.sizeLimit === undefined ? `invalid value for ${key}: ${value}` : undefined;
}

function setNumber(draft: MountDraft, value: string, key: string): string | undefined {
  const number = parseUint32(value, key === "mode" ? 8 : 10);
  if (number === undefined) return `invalid value ${value} for ${key}`;
  if (key === "mode" || key === "uid" || key === "gid") draft[key] = number;
  return undefined;
}

function unexpectedKey(key: string, { type }: MountDraft): string {
  return `unexpected key '${key}' for mount type '${type}'`;
}

/** Rules about several fields together. */
function checkMount(draft: MountDraft): string | undefined {
  const { type, sharing } = draft;
  if (type === "bind" || type === "tmpfs") {
    const surplus = (["mode", "uid", "gid"] as const).find((key) => draft[key] !== undefined);
    if (surplus !== undefined) return `${surplus} not allowed for ${quote(type)} type mounts`;
  }
  const secretError = type === "secret" ? checkSecret(draft) : undefined;
  if (secretError !== undefined) return secretError;
  return sharing !== undefined && type !== "cache" ? `invalid cache sharing set for ${type} mount` : undefined;
}

function checkSecret({ from, sharing, source, target, id }: MountDraft): string | undefined {
  if (from !== "") return "secret mount should not have a from";
  if (sharing !== undefined) return "secret mount should not define sharing";
  if (source === "" && target === "" && id === "") return "invalid secret mount. one of source, target required";
  return source !== "" && id !== "" ? "both source and id can't be set" : undefined;
}
