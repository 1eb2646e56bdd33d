import type { CompletionContext, CompletionOption } from "./completion.ts";
import { argOptions, stageOptions } from "./completion-sources.ts";
import { INSTRUCTION_DOCS } from "./instruction-docs.ts";
import { MOUNT_FIELDS, MOUNT_TYPES } from "./mount-docs.ts";
import { ownEntry } from "./own-entry.ts";

interface ArgumentContext extends CompletionContext {
  /** The logical line up to the position. */
  readonly prefix: string;
}

interface Found {
  readonly start: number;
  readonly options: readonly CompletionOption[];
}

/** What could stand behind a keyword, of which `words` are written; the last of them is being written. */
export function argumentOptions(keyword: string, words: readonly string[], context: ArgumentContext): Found {
  const word = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const isInFlags = before.every((text) => text.startsWith("--"));
  if (isInFlags && word.startsWith("--") && word.includes("=")) return flagValues(word, context);
  const start = context.prefix.length - word.length;
  if (isInFlags && word.startsWith("-")) return { start, options: flagOptions(keyword) };
  const plain = before.filter((text) => !text.startsWith("--"));
  const flags = isInFlags && word === "" ? flagOptions(keyword) : [];
  return { start, options: [...plainOptions(keyword, plain, context), ...flags] };
}

function plainOptions(keyword: string, before: readonly string[], context: CompletionContext): CompletionOption[] {
  if (keyword === "FROM" && before.length === 0) return [...stageOptions(context), ...values(["scratch"])];
  if (keyword === "FROM" && before.length === 1) return [{ label: "AS", kind: "keyword" }];
  if (keyword === "HEALTHCHECK" && before.length === 0) return keywords(["CMD", "NONE"]);
  if (keyword === "STOPSIGNAL" && before.length === 0) return values(SIGNALS);
  return keyword === "ARG" ? argOptions(context) : [];
}

const SIGNALS = ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGWINCH"];
const PLATFORMS = ["$BUILDPLATFORM", "$TARGETPLATFORM", "linux/amd64", "linux/arm64", "linux/arm/v7", "windows/amd64"];
const BOOLEANS: ReadonlySet<string> = new Set(["link", "parents", "keep-git-dir", "unpack"]);
const FLAG_VALUES: Readonly<Record<string, readonly string[]>> = {
  network: ["default", "none", "host"],
  security: ["sandbox", "insecure"],
  platform: PLATFORMS,
};

function flagOptions(keyword: string): CompletionOption[] {
  return Object.entries(ownEntry(INSTRUCTION_DOCS, keyword)?.flags ?? {}).map(([name, documentation]) => ({
    label: BOOLEANS.has(name) ? `--${name}` : `--${name}=`,
    kind: "flag",
    documentation,
  }));
}

function flagValues(word: string, context: ArgumentContext): Found {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals);
  const value = word.slice(equals + 1);
  if (name === "mount") return mountOptions(value, context);
  const start = context.prefix.length - value.length;
  if (name === "from") return { start, options: stageOptions(context) };
  return { start, options: values(ownEntry(FLAG_VALUES, name) ?? (BOOLEANS.has(name) ? ["true", "false"] : [])) };
}

function mountOptions(mount: string, context: ArgumentContext): Found {
  const fields = mount.split(",");
  const field = fields.at(-1) ?? "";
  const [key = "", ...rest] = field.split("=");
  const type = fields.find((text) => text.startsWith("type="))?.slice("type=".length) ?? "bind";
  if (rest.length === 0) {
    const written = new Set(fields.slice(0, -1).map((text) => text.split("=", 1)[0]));
    const names = [...(fields.length === 1 ? ["type"] : []), ...(ownEntry(MOUNT_FIELDS, type) ?? [])];
    const free = names.filter((name) => !written.has(name));
    return { start: context.prefix.length - field.length, options: values(free.map((name) => `${name}=`)) };
  }
  const start = context.prefix.length - rest.join("=").length;
  if (key === "from") return { start, options: stageOptions(context) };
  if (key === "sharing") return { start, options: values(["shared", "private", "locked"]) };
  return { start, options: key === "type" ? mountTypes() : [] };
}

function mountTypes(): CompletionOption[] {
  return Object.entries(MOUNT_TYPES).map(([label, documentation]) => ({ label, kind: "value", documentation }));
}

function values(labels: readonly string[]): CompletionOption[] {
  return labels.map((label) => ({ label, kind: "value" }));
}

function keywords(labels: readonly string[]): CompletionOption[] {
  return labels.map((label) => ({ label, kind: "keyword" }));
}
