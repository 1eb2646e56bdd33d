import { createDirectiveReader } from "../directives.ts";
import { parseBoolean } from "../flags/scalars.ts";
import { trimSpaces } from "../text/go-strings.ts";

/** Which rules are on: what `# check=skip=A,B;error=true;experimental=C` says. */
export interface LintConfig {
  readonly skip: ReadonlySet<string>;
  readonly skipAll: boolean;
  readonly experimental: ReadonlySet<string>;
  readonly experimentalAll: boolean;
  /** Findings are errors. */
  readonly error: boolean;
}

export const DEFAULT_LINT_CONFIG: LintConfig = {
  skip: new Set(),
  skipAll: false,
  experimental: new Set(),
  experimentalAll: false,
  error: false,
};

const MAX_PARTS = 3;

/** Undefined for text that makes no sense. */
export function parseLintConfig(text: string): LintConfig | undefined {
  if (trimSpaces(text) === "") return DEFAULT_LINT_CONFIG;
  const parts = trimSpaces(text).split(";");
  const all = [...parts.slice(0, MAX_PARTS - 1), ...restOf(parts)];
  let config = DEFAULT_LINT_CONFIG;
  for (const part of all) {
    const equals = part.indexOf("=");
    const next =
      equals < 0 ? undefined : applyPart(trimSpaces(part.slice(0, equals)), trimSpaces(part.slice(equals + 1)), config);
    if (next === undefined) return undefined;
    config = next;
  }
  return config;
}

/** Both configurations together. */
export function mergeLintConfig(base: LintConfig, other: LintConfig): LintConfig {
  return {
    skip: new Set([...base.skip, ...other.skip]),
    skipAll: base.skipAll || other.skipAll,
    experimental: new Set([...base.experimental, ...other.experimental]),
    experimentalAll: base.experimentalAll || other.experimentalAll,
    error: base.error,
  };
}

/** With what the first `check=` among the comments above an instruction adds. */
export function withCommentConfig(config: LintConfig, comments: readonly string[]): LintConfig {
  for (const comment of comments) {
    const directive = createDirectiveReader("").feed(comment, 1, 0);
    if (directive === undefined || "repeated" in directive || directive.name !== "check") continue;
    const added = parseLintConfig(directive.value.split(" ", 1)[0] ?? "");
    return added === undefined ? config : mergeLintConfig(config, added);
  }
  return config;
}

/** Only the first two semicolons part. */
function restOf(parts: readonly string[]): string[] {
  const rest = parts.slice(MAX_PARTS - 1);
  return rest.length === 0 ? [] : [rest.join(";")];
}

function applyPart(key: string, value: string, config: LintConfig): LintConfig | undefined {
  const names = new Set(value.split(",").map(trimSpaces));
  if (key === "skip") return value === "all" ? { ...config, skipAll: true } : { ...config, skip: names };
  if (key === "experimental") {
    return value === "all" ? { ...config, experimentalAll: true } : { ...config, experimental: names };
  }
  const error = key === "error" ? parseBoolean(value) : undefined;
  return error === undefined ? undefined : { ...config, error };
}
