import type { LauncherArch } from "../native/launcher-elf.ts";
import { type Abi, compileProfile } from "./compile-profile.ts";
import { DEFAULT_PROFILE } from "./profile.ts";
import { AARCH64, ARM, I386, X32, X86_64 } from "./syscall-tables.ts";

/** The interfaces of each machine, the most used first. */
export const ABIS: Readonly<Record<LauncherArch, readonly Abi[]>> = {
  x64: [
    { audit: 0xc000003e, table: X86_64, variant: { bit: 0x40000000, table: X32 } },
    { audit: 0x40000003, table: I386 },
  ],
  arm64: [
    { audit: 0xc00000b7, table: AARCH64 },
    // Beyond: what only arm has, to set the thread pointer and to flush caches.
    { audit: 0x40000028, table: ARM, beyond: [0xf0001, 0xf0005] },
  ],
};

/** The default profile as a filter for `arch`. */
export function defaultFilter(arch: LauncherArch): Uint8Array {
  return compileProfile(DEFAULT_PROFILE, ABIS[arch]);
}
