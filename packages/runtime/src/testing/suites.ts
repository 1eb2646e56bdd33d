import { existsSync } from "node:fs";
import type { RuntimeOptions } from "../runtime.ts";
import { hasBusybox } from "./busybox.ts";

/** A combination that the contract is held against. */
export interface Suite {
  readonly title: string;
  readonly options: Partial<RuntimeOptions>;
  readonly skip: boolean;
}

const isRoot = process.getuid?.() === 0;

/** Every back end, with what it needs here. */
export const SUITES: readonly Suite[] = [
  { title: "native (needs root and busybox)", options: { backend: "native" }, skip: !isRoot || !hasBusybox },
  ...(["crun", "runc"] as const).map((backend) => ({
    title: `${backend} (needs root, busybox and ${backend})`,
    options: { backend },
    skip: !isRoot || !hasBusybox || !isInstalled(backend),
  })),
];

function isInstalled(command: string): boolean {
  return ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"].some((folder) =>
    existsSync(`${folder}/${command}`),
  );
}
