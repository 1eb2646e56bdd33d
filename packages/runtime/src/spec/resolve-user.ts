import { TsbuildError } from "@tsbuild/oci";
import type { ResolvedUser } from "./container-spec.ts";

/** Reads a file of a root by its path there; undefined where there is none. */
export type ReadRootFile = (path: string) => Uint8Array | undefined;

/** Greater than any id that Linux gives out; (uid_t) -1 means "no change". */
const MAX_ID = 2 ** 31 - 1;

/**
 * Who `user` is in a root: `name`, `uid`, `name:group`, `uid:gid` and so on, as in USER of a Dockerfile. A number need
 * not be in /etc/passwd; its group is then 0. Further groups come from /etc/group, unless a group is named.
 * @param readFile Must stay inside the root: see the tree of the layers.
 * @throws TsbuildError USER_UNKNOWN
 */
export function resolveUser(readFile: ReadRootFile, user: string): ResolvedUser {
  const colon = user.indexOf(":");
  const name = (colon === -1 ? user : user.slice(0, colon)) || "0";
  const group = colon === -1 ? "" : user.slice(colon + 1);
  const account = findAccount(readTable(readFile, "/etc/passwd"), name);
  const uid = account ? parseId(account[2]) : parseId(name);
  if (uid === undefined) throw unknown("user", name, "/etc/passwd");
  const groups = readTable(readFile, "/etc/group");
  const gid = group === "" ? (parseId(account?.[3]) ?? 0) : findGroup(groups, group);
  const others = group === "" && account ? groupsOf(groups, account[0] ?? "") : [];
  // The own group is among them, or a file that forbids something to that group would allow it to this user.
  return { uid, gid, additionalGids: [...new Set([gid, ...others])], home: account?.[5] || "/" };
}

function findAccount(accounts: readonly (readonly string[])[], name: string): readonly string[] | undefined {
  const byName = accounts.find((fields) => fields[0] === name);
  if (byName) return byName;
  const uid = parseId(name);
  return uid === undefined ? undefined : accounts.find((fields) => parseId(fields[2]) === uid);
}

function findGroup(groups: readonly (readonly string[])[], name: string): number {
  const gid = parseId(groups.find((fields) => fields[0] === name)?.[2]) ?? parseId(name);
  if (gid === undefined) throw unknown("group", name, "/etc/group");
  return gid;
}

function groupsOf(groups: readonly (readonly string[])[], account: string): readonly number[] {
  return groups
    .filter((fields) => fields[3]?.split(",").includes(account))
    .map((fields) => parseId(fields[2]))
    .filter((gid) => gid !== undefined);
}

function readTable(readFile: ReadRootFile, path: string): readonly (readonly string[])[] {
  const bytes = readFile(path);
  if (!bytes) return [];
  const lines = Buffer.from(bytes).toString("utf8").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.trim().split(":"));
}

function parseId(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id <= MAX_ID ? id : undefined;
}

function unknown(kind: "user" | "group", name: string, file: string): TsbuildError {
  return new TsbuildError("USER_UNKNOWN", `${kind} ${JSON.stringify(name)} is not in ${file} of the image`, {
    hint: `Create the ${kind} in an earlier step, or give its number.`,
  });
}
