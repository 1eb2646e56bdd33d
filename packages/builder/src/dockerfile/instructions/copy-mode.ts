import { mistake } from "../dockerfile-error.ts";
import type { ExpandedCopy } from "./expanded-copy.ts";

const MAX_MODE = 0o7777;
const SYMBOLIC = /^[ugoa]*(?:[-+=](?:[rwxXst]*|[ugo]))+$/;

/**
 * Refuses a `--chmod` that is neither an octal number up to 7777 nor symbolic (`u=rwX,go=rX`).
 * @throws DockerfileError
 */
export function checkMode({ mode, instruction }: Pick<ExpandedCopy, "mode" | "instruction">): void {
  if (mode === "") return;
  if (/^[0-7]+$/.test(mode) && Number.parseInt(mode, 8) <= MAX_MODE) return;
  if (!/^\d/.test(mode) && mode.split(",").every((clause) => SYMBOLIC.test(clause))) return;
  const message = `invalid chmod parameter: '${mode}'. it should be octal string and between 0 and 07777`;
  throw mistake(message, instruction.range, {
    code: "MODE_INVALID",
    hint: "for example 755, 0644, +x or u=rwX,go=rX",
  });
}
