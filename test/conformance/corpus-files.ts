import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { CONFORMANCE_DIR } from "./cases.ts";

export interface CorpusFile {
  readonly id: string;
  readonly dockerfile: string;
  readonly dockerignore: string | undefined;
  readonly expected: Expected;
}

/** What BuildKit makes of the file. */
export interface Expected {
  readonly escape: string;
  /** Of the build and its target. */
  readonly platform: string;
  readonly ast_dump: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly lines: readonly number[];
    readonly heredocs?: readonly GoHeredoc[];
  }[];
  readonly parse_warnings: readonly { readonly short?: string; readonly Short?: string }[];
  readonly stages?: readonly GoStage[];
  readonly meta_args?: readonly GoCommand[];
  readonly lint: readonly { readonly ruleName: string; readonly detail: string; readonly line: number }[];
  readonly parse_error?: string;
  readonly instructions_error?: string;
  readonly lint_error?: unknown;
  readonly build_error?: string;
  readonly error_lines?: readonly (readonly number[])[];
}

export type GoHeredoc = Readonly<Record<string, unknown>>;
export type GoCommand = Readonly<Record<string, unknown>>;
export interface GoStage extends GoCommand {
  readonly Commands: readonly GoCommand[];
}

/** Every Dockerfile of the corpus; empty where it is absent. */
export function corpusFiles(): CorpusFile[] {
  const folder = resolve(CONFORMANCE_DIR, "corpus");
  const index = resolve(folder, "index.json");
  if (!existsSync(index)) return [];
  const { files } = JSON.parse(readFileSync(index, "utf8")) as { files: { id: string; dir: string }[] };
  return files.flatMap(({ id, dir }) => {
    const at = resolve(folder, dir);
    const ignore = resolve(at, ".dockerignore");
    if (!existsSync(resolve(at, "expected.json"))) return [];
    return {
      id,
      dockerfile: readFileSync(resolve(at, "Dockerfile"), "utf8"),
      dockerignore: existsSync(ignore) ? readFileSync(ignore, "utf8") : undefined,
      expected: JSON.parse(readFileSync(resolve(at, "expected.json"), "utf8")) as Expected,
    };
  });
}
