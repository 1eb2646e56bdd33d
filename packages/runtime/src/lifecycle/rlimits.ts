import { TsbuildError } from "@tsbuild/oci";

/** In the order of their numbers (asm-generic/resource.h). */
const LIMITS: readonly string[] = [
  ...["CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING"],
  ...["MSGQUEUE", "NICE", "RTPRIO", "RTTIME"],
];

/** The kernel's number of a limit. @throws TsbuildError CONFIG_INVALID */
export function limitNumber(type: string): number {
  const number = LIMITS.indexOf(type.replace(/^RLIMIT_/, ""));
  if (number === -1) throw new TsbuildError("CONFIG_INVALID", `there is no limit ${type}`);
  return number;
}
