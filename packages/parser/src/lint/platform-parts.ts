/** The parts of `os[/architecture[/variant]]` that rules look at. */
export interface PlatformParts {
  readonly os: string;
  readonly architecture: string;
}

const SYSTEMS: ReadonlySet<string> = new Set(
  "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos".split(
    " ",
  ),
);
const ARCHITECTURES: ReadonlySet<string> = new Set(
  (
    "386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc riscv " +
    "riscv64 s390 s390x sparc sparc64 wasm"
  ).split(" "),
);
const ALIASES: Readonly<Record<string, string>> = {
  i386: "386",
  x86_64: "amd64",
  "x86-64": "amd64",
  aarch64: "arm64",
  armhf: "arm",
  armel: "arm",
};

/** Undefined for what is no platform. One part alone is a system or an architecture. */
export function platformParts(text: string): PlatformParts | undefined {
  const parts = text.toLowerCase().split("/");
  if (parts.length > 3 || parts.some((part, index) => !isPart(part, index))) return undefined;
  const [first = "", second] = parts;
  const os = first.replace(/\(.*$/s, "").replace(/^macos$/, "darwin");
  if (second !== undefined) return { os, architecture: normalize(second) };
  if (SYSTEMS.has(os)) return { os, architecture: "amd64" };
  return ARCHITECTURES.has(normalize(first)) ? { os: "linux", architecture: normalize(first) } : undefined;
}

function isPart(part: string, index: number): boolean {
  return index === 0 ? /^[a-z0-9_.-]+(?:\([a-z0-9_.+-]*\))?$/.test(part) : /^[a-z0-9_.-]+$/.test(part);
}

function normalize(architecture: string): string {
  return Object.hasOwn(ALIASES, architecture) ? (ALIASES[architecture] ?? architecture) : architecture;
}
