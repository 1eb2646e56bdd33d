import { BuildError } from "../build-error.ts";

/** Gives a file's new permission bits for its old ones. */
export type ModeChange = (mode: number, isDirectory: boolean) => number;

/** What a symbolic mode without a "who" may not grant, as for a process with this umask. */
const UMASK = 0o022;
const OCTAL = /^[0-7]{1,5}$/;
const CLAUSE = /^([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)$/;
const SHIFT: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };
const BITS: Readonly<Record<string, number>> = { r: 4, w: 2, x: 1 };

/** The bits of an octal `--chmod`; undefined where the text is not octal. */
export function octalMode(text: string): number | undefined {
  const mode = OCTAL.test(text) ? Number.parseInt(text, 8) : undefined;
  return mode !== undefined && mode <= 0o7777 ? mode : undefined;
}

/**
 * What `--chmod` does to a file: octal (`755`) or symbolic (`u=rwX,go=rX`) as chmod(1) takes it.
 * @throws BuildError MODE_INVALID
 */
export function modeChange(text: string): ModeChange {
  const octal = octalMode(text);
  if (octal !== undefined) return () => octal;
  const clauses = text.split(",").map((clause) => CLAUSE.exec(clause));
  if (clauses.some((clause) => clause === null))
    throw new BuildError("MODE_INVALID", `--chmod=${text} is neither an octal mode up to 7777 nor a symbolic one`, {
      hint: "Write it like 0644, u=rwX,go=rX or +x.",
    });
  return (mode, isDirectory) => {
    let changed = mode;
    for (const clause of clauses)
      for (const [, operator = "", what = ""] of (clause?.[2] ?? "").matchAll(/([-+=])([ugo]|[rwxXst]*)/g))
        changed = apply(changed, { who: clause?.[1] ?? "", operator, what, isDirectory });
    return changed;
  };
}

interface Change {
  readonly who: string;
  readonly operator: string;
  readonly what: string;
  readonly isDirectory: boolean;
}

function apply(mode: number, { who, operator, what, isDirectory }: Change): number {
  const everyone = who === "" || who.includes("a");
  const classes = ["u", "g", "o"].filter((name) => everyone || who.includes(name));
  let reach = 0;
  let bits = 0;
  for (const name of classes) {
    const shift = SHIFT[name] ?? 0;
    reach |= 7 << shift;
    bits |= permissions(what, mode, isDirectory) << shift;
  }
  if (classes.includes("u")) reach |= 0o4000;
  if (classes.includes("g")) reach |= 0o2000;
  if (everyone) reach |= 0o1000;
  if (what.includes("s")) bits |= reach & 0o6000;
  if (what.includes("t")) bits |= 0o1000;
  if (who === "") bits &= ~UMASK;
  if (operator === "+") return mode | bits;
  if (operator === "-") return mode & ~bits;
  // chmod(1) leaves the special bits of a folder alone unless they are named.
  return (mode & ~(isDirectory ? reach & 0o777 : reach)) | bits;
}

function permissions(what: string, mode: number, isDirectory: boolean): number {
  const copied = SHIFT[what];
  if (copied !== undefined) return (mode >> copied) & 7;
  let bits = 0;
  for (const letter of what) {
    if (letter === "X") bits |= isDirectory || (mode & 0o111) !== 0 ? 1 : 0;
    else bits |= BITS[letter] ?? 0;
  }
  return bits;
}
