import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { TsbuildError } from "@tsbuild/oci";
import { conclude } from "../backends/native.ts";
import type { Forker } from "../native/forker.ts";
import { launch } from "../native/launch.ts";
import { holdUserNamespace } from "../native/user-namespace-script.ts";
import type { UserNamespace } from "../spec/container-spec.ts";
import { type IdRange, idMap, readSubIds } from "./id-ranges.ts";

/** A user namespace in which this user is root, held by a process of ours. */
export interface HeldUserNamespace extends UserNamespace {
  /** Why there is only a single id in it, where that is so. */
  readonly lacks: string | undefined;
  close(): void;
}

/**
 * Makes a user namespace for this user: with the ranges of /etc/subuid and /etc/subgid where `newuidmap` and `newgidmap`
 * are installed and allow it, else with this user as the only one.
 * @throws TsbuildError RUNTIME_FAILED where the machine forbids user namespaces
 */
export async function createUserNamespace(forker: Forker): Promise<HeldUserNamespace> {
  let lacks: string | undefined;
  const launched = launch(forker, holdUserNamespace(forker.host.arch), {
    pipes: false,
    stay: true,
    beforeGo: (child) => {
      lacks = mapRanges(child);
      if (lacks !== undefined) mapSingle(child);
    },
  });
  const child = await launched.child;
  if (child === undefined) {
    conclude(await launched.ended, launched.script, { args: [] });
    throw new TsbuildError("RUNTIME_FAILED", "no user namespace could be made");
  }
  launched.ended.catch(() => {});
  return {
    path: `/proc/${child}/ns/user`,
    singleId: lacks !== undefined,
    lacks,
    close: launched.kill,
  };
}

/** Maps this user's ranges; what is wrong where that cannot be. */
function mapRanges(child: number): string | undefined {
  const { username, uid, gid } = userInfo();
  const maps = [
    { command: "newuidmap", file: "/etc/subuid", own: uid },
    { command: "newgidmap", file: "/etc/subgid", own: gid },
  ].map((kind) => ({ ...kind, map: idMap(readSubIds(kind.file), { name: username, id: uid, own: kind.own }) }));
  const without = maps.find(({ map }) => map.length < 2);
  if (without) return `${without.file} has no range for ${username}`;
  for (const { command, map } of maps) {
    const outcome = spawnSync(command, [String(child), ...map.flatMap(mapArguments)], { encoding: "utf8" });
    if (outcome.error) return `${command} is not installed (package uidmap)`;
    if (outcome.status !== 0) return `${command} failed: ${outcome.stderr.trim()}`;
  }
  return undefined;
}

function mapArguments({ inside, outside, size }: IdRange): readonly string[] {
  return [inside, outside, size].map(String);
}

/** What any user may do: be root alone. */
function mapSingle(child: number): void {
  const { uid, gid } = userInfo();
  writeFileSync(`/proc/${child}/setgroups`, "deny");
  writeFileSync(`/proc/${child}/uid_map`, `0 ${uid} 1`);
  writeFileSync(`/proc/${child}/gid_map`, `0 ${gid} 1`);
}
