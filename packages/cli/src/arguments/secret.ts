import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { usageError } from "../usage-error.ts";
import { parseFields } from "./fields.ts";

/** Where a secret may come from. */
export interface SecretSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** The largest secret that BuildKit takes too. */
const MAX_BYTES = 500 * 1024;

/**
 * Reads the secrets of `--secret id=ID[,src=FILE|,env=NAME]`. With an id alone, the variable of that name is taken if it is
 * set, else the file of that name. What is in them appears in no message.
 * @throws TsbuildError USAGE
 */
export function readSecrets(specs: readonly string[], source: SecretSource): Record<string, Uint8Array> {
  const secrets: Record<string, Uint8Array> = {};
  for (const spec of specs) {
    const { id = "", ...fields } = parseFields(spec, "--secret", ["id", "src", "source", "env", "type"]);
    const file = fields.src ?? fields.source;
    if (id === "" && file === undefined) throw usageError(`--secret ${spec}: id is missing`);
    secrets[id || (file ?? "")] = readSecret({ id, file, variable: fields.env, type: fields.type }, source);
  }
  return secrets;
}

interface SecretSpec {
  readonly id: string;
  readonly file: string | undefined;
  readonly variable: string | undefined;
  readonly type: string | undefined;
}

function readSecret({ id, file, variable, type }: SecretSpec, { env, cwd }: SecretSource): Uint8Array {
  const name =
    variable ?? (type === "env" ? (file ?? id) : file === undefined && env[id] !== undefined ? id : undefined);
  if (name !== undefined && type !== "file") {
    const value = env[name];
    if (value === undefined) throw usageError(`--secret id=${id}: the variable ${name} is not set`);
    return Buffer.from(value);
  }
  const path = resolve(cwd, file ?? id);
  let content: Uint8Array;
  try {
    content = readFileSync(path);
  } catch (cause) {
    throw usageError(`--secret id=${id}: cannot read ${path}`, { cause });
  }
  if (content.length > MAX_BYTES) throw usageError(`--secret id=${id}: ${path} has more than 500 KiB`);
  return content;
}
