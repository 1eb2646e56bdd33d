import { existsSync, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import type { Mount } from "@tsbuild/runtime";
import { usageError } from "../usage-error.ts";
import { parseFields, parseSwitch } from "./fields.ts";

const MODES = ["ro", "rw", "z", "Z", "cached", "delegated", "consistent", "rprivate", "rslave", "rshared"];

/**
 * Reads `-v SOURCE:TARGET[:ro]`. As Docker does, a missing folder of the host is made.
 * @throws TsbuildError USAGE
 */
export function parseVolume(text: string, cwd: string): Mount {
  const [source = "", target, mode = "", ...rest] = text.split(":");
  if (target === undefined || rest.length > 0) {
    throw usageError(`--volume ${text}: not SOURCE:TARGET[:ro]`, { hint: "anonymous volumes are not available" });
  }
  const modes = mode.split(",").filter((word) => word !== "");
  const unknown = modes.find((word) => !MODES.includes(word));
  if (unknown !== undefined) throw usageError(`--volume ${text}: unknown mode ${JSON.stringify(unknown)}`);
  if (!/^[./~]/.test(source)) {
    throw usageError(
      `--volume ${text}: ${JSON.stringify(source)} is the name of a volume, and tsbuild keeps no volumes`,
      {
        hint: `give a folder of this machine: ./${source}:${target}`,
      },
    );
  }
  const path = resolve(cwd, source);
  if (!existsSync(path)) mkdirSync(path, { recursive: true });
  return { type: "bind", source: path, target: absolute(target, `--volume ${text}`), readonly: modes.includes("ro") };
}

/**
 * Reads `--mount type=bind,src=...,dst=...[,readonly]` and `--mount type=tmpfs,dst=...`.
 * @throws TsbuildError USAGE
 */
export function parseMount(text: string, cwd: string): Mount {
  const names = ["type", "src", "source", "dst", "destination", "target", "readonly", "ro", "tmpfs-size", "tmpfs-mode"];
  const fields = parseFields(text, "--mount", names);
  const target = absolute(fields.dst ?? fields.destination ?? fields.target ?? "", `--mount ${text}`);
  if (fields.type === "tmpfs") return tmpfs(target, fields["tmpfs-size"], fields["tmpfs-mode"]);
  if (fields.type !== "bind") {
    throw usageError(`--mount ${text}: type must be bind or tmpfs`, { hint: "tsbuild keeps no volumes" });
  }
  const source = resolve(cwd, fields.src ?? fields.source ?? "");
  if (!existsSync(source)) throw usageError(`--mount ${text}: ${source} does not exist`);
  const readonly = parseSwitch(fields.readonly ?? fields.ro, `--mount ${text}: readonly`);
  return { type: "bind", source, target, readonly };
}

/**
 * Reads `--tmpfs TARGET[:size=64m,mode=1777]`.
 * @throws TsbuildError USAGE
 */
export function parseTmpfs(text: string): Mount {
  const [target = "", options = ""] = text.split(":", 2);
  const settings = new Map(options.split(",").map((word) => [word.split("=", 1)[0] ?? "", word.split("=")[1]]));
  return tmpfs(absolute(target, `--tmpfs ${text}`), settings.get("size"), settings.get("mode"));
}

/**
 * Reads a size as Docker writes it: `64m`, `1g`, `512k`, bytes.
 * @throws TsbuildError USAGE
 */
export function parseSize(text: string, what: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text) ?? [];
  if (number === "") throw usageError(`${what}: ${JSON.stringify(text)} is no size`, { hint: "for example 64m" });
  const power = "bkmgt".indexOf(unit.toLowerCase() || "b");
  return Math.round(Number(number) * 1024 ** power);
}

function tmpfs(target: string, size: string | undefined, mode: string | undefined): Mount {
  return {
    type: "tmpfs",
    target,
    ...(size === undefined ? {} : { size: parseSize(size, "tmpfs size") }),
    ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
  };
}

function absolute(target: string, what: string): string {
  if (!target.startsWith("/")) throw usageError(`${what}: the target ${JSON.stringify(target)} is not absolute`);
  return target;
}
