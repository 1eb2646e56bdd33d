import { readAll } from "@tsbuild/oci";
import type { Context } from "./context.ts";

/** The password of a key: from stdin where asked for, else TSBUILD_KEY_PASSWORD; undefined: none. */
export async function readKeyPassword(
  { terminal, signal }: Context,
  { passwordStdin = false }: { readonly passwordStdin?: boolean },
): Promise<string | undefined> {
  if (!passwordStdin) return terminal.env.TSBUILD_KEY_PASSWORD || undefined;
  const input = await readAll(terminal.stdin, { limit: 64 * 1024, signal });
  return Buffer.from(input)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}
