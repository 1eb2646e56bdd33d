import { endianness } from "node:os";
import { TsbuildError } from "./error.ts";

/** Where an image runs (OCI image-spec, image-index.md, "platform"). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly "os.version"?: string;
  readonly "os.features"?: readonly string[];
}

const OS = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$/;
const COMPONENT = /^[A-Za-z0-9_.-]+$/;
const KNOWN_OS = new Set(
  "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos".split(
    " ",
  ),
);
const KNOWN_ARCHITECTURE = new Set(
  "386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm".split(
    " ",
  ),
);

/**
 * Reads `os[/architecture[/variant]]` in normal form: `aarch64` is `arm64`, `linux/arm` is `linux/arm/v7`.
 * What is left out is taken from this machine; the OS is then Linux.
 * @throws TsbuildError PLATFORM_INVALID
 */
export function parsePlatform(text: string): Platform {
  return normalizePlatform(parsePlatformSpecifier(text));
}

/**
 * Reads a platform as it is written, as containerd's `platforms.Parse` does: names are normalised, but no default
 * variant is filled in. `os(version+feature+feature)/architecture/variant`, with `%XX` in version and features.
 * @throws TsbuildError PLATFORM_INVALID
 */
export function parsePlatformSpecifier(text: string): Platform {
  const parts = text.split("/", 4);
  const [first = "", architecture, variant] = parts;
  const match = OS.exec(first);
  if (match === null || parts.length > 3 || !parts.slice(1).every((part) => COMPONENT.test(part)))
    throw invalid(text, "expected os[/architecture[/variant]]");
  const named = { ...splitOs(match, text) };
  if (architecture === undefined) return fromOneWord(named, first, text);
  const cpu = normalizeCpu(architecture, variant ?? "");
  if (variant === undefined) return platformOf(named, withoutDefaultVariant(cpu));
  return platformOf(named, cpu.architecture === "arm64" && cpu.variant === "" ? { ...cpu, variant: "v8" } : cpu);
}

/** The platform in the one spelling that comparisons use: `aarch64` and `arm64/v8` are `arm64`, `arm` is `arm/v7`. */
export function normalizePlatform(platform: Platform): Platform {
  const { architecture, variant } = normalizeCpu(platform.architecture, platform.variant ?? "");
  const features = [...new Set(platform["os.features"])].sort();
  const { variant: _, ...rest } = platform;
  return {
    ...rest,
    os: normalizeOs(platform.os),
    architecture,
    ...(variant !== "" && { variant }),
    ...(features.length > 0 && { "os.features": features }),
  };
}

/** The platform as text that {@link parsePlatform} reads: `linux/arm64`, `windows(10.0.17763)/amd64`. */
export function formatPlatform(platform: Platform): string {
  const features = [...new Set(platform["os.features"])].filter((feature) => feature !== "").sort();
  const options = [platform["os.version"] ?? "", ...features].map(encodeOption).join("+");
  const os = options === "" ? platform.os : `${platform.os}(${options})`;
  return [os, platform.architecture, platform.variant].filter((part) => part !== undefined && part !== "").join("/");
}

/** The platform that images must have to run here: always Linux, on the processor that this process runs on. */
export function hostPlatform(): Platform {
  return { os: "linux", ...HOST_CPU };
}

const HOST_CPU = hostCpu();

function hostCpu(): { architecture: string; variant?: string } {
  switch (process.arch) {
    case "x64":
      return { architecture: "amd64" };
    case "ia32":
      return { architecture: "386" };
    case "arm":
      return { architecture: "arm", variant: "v7" };
    case "ppc64":
      return { architecture: endianness() === "LE" ? "ppc64le" : "ppc64" };
    default:
      return { architecture: process.arch };
  }
}

interface Cpu {
  readonly architecture: string;
  readonly variant: string;
}

type OsPart = Omit<Platform, "architecture" | "variant">;

function splitOs(match: RegExpExecArray, text: string): OsPart {
  const [, os = "", version = "", features = ""] = match;
  const named = features
    .split("+")
    .slice(1)
    .map((feature) => decodeOption(feature, text));
  return {
    os: normalizeOs(os),
    ...(version !== "" && { "os.version": decodeOption(version, text) }),
    ...(named.length > 0 && { "os.features": named }),
  };
}

// One word is an operating system where it names one, else an architecture.
function fromOneWord(os: OsPart, word: string, text: string): Platform {
  if (KNOWN_OS.has(os.os)) return { ...os, ...HOST_CPU };
  const cpu = withoutDefaultVariant(normalizeCpu(word, ""));
  if (!KNOWN_ARCHITECTURE.has(cpu.architecture)) throw invalid(text, "no such operating system or architecture");
  return platformOf({ os: "linux" }, cpu);
}

function platformOf(os: OsPart, { architecture, variant }: Cpu): Platform {
  return { ...os, architecture, ...(variant !== "" && { variant }) };
}

function withoutDefaultVariant(cpu: Cpu): Cpu {
  return cpu.architecture === "arm" && cpu.variant === "v7" ? { ...cpu, variant: "" } : cpu;
}

function normalizeOs(os: string): string {
  const lower = os.toLowerCase();
  return lower === "macos" ? "darwin" : lower === "" ? "linux" : lower;
}

function normalizeCpu(architecture: string, variant: string): Cpu {
  const name = architecture.toLowerCase();
  const level = variant.toLowerCase();
  switch (name) {
    case "i386":
      return { architecture: "386", variant: "" };
    case "x86_64":
    case "x86-64":
    case "amd64":
      return { architecture: "amd64", variant: level === "v1" ? "" : level };
    case "aarch64":
    case "arm64":
      return { architecture: "arm64", variant: normalizeArm64Variant(level) };
    case "armhf":
      return { architecture: "arm", variant: "v7" };
    case "armel":
      return { architecture: "arm", variant: "v6" };
    case "arm":
      return { architecture: "arm", variant: level === "" ? "v7" : /^[5-8]$/.test(level) ? `v${level}` : level };
    default:
      return { architecture: name, variant: level };
  }
}

function normalizeArm64Variant(level: string): string {
  if (["8", "v8", "v8.0"].includes(level)) return "";
  return ["9", "9.0", "v9.0"].includes(level) ? "v9" : level;
}

function encodeOption(value: string): string {
  return value.replace(/[%+()/]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decodeOption(value: string, text: string): string {
  try {
    return decodeURIComponent(value);
  } catch (cause) {
    throw invalid(text, "a '%' must be followed by two hexadecimal digits", cause);
  }
}

function invalid(text: string, reason: string, cause?: unknown): TsbuildError<"PLATFORM_INVALID"> {
  return new TsbuildError("PLATFORM_INVALID", `not a platform: ${JSON.stringify(text.slice(0, 200))}: ${reason}`, {
    hint: "write for example linux/amd64, linux/arm64 or linux/arm/v7",
    cause,
  });
}
