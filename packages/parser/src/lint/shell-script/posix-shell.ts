const POSIX_SHELLS: ReadonlySet<string> = new Set(["sh", "bash", "ash", "dash", "ksh", "zsh"]);

/** The program's name: `/bin/bash` and `bash` are the same. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function isPosixShell(program: string): boolean {
  return POSIX_SHELLS.has(baseName(program));
}

/** What SHELL's arguments, or a shell's options in a script, say of `pipefail`. */
export function setsPipefail(args: readonly string[]): boolean {
  return args.some((arg, index) => arg === "pipefail" && /^-\w*o$/.test(args[index - 1] ?? ""));
}
