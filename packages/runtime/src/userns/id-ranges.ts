import { readFileSync } from "node:fs";

/** A run of ids: `size` of them, from `inside` in the namespace, from `outside` on the host. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly size: number;
}

/** How many ids an image can expect: up to "nobody". */
const USUAL_IDS = 65_536;

/**
 * The map of a user's own namespace: the user as root, and behind it the ranges that `subIds` (the text of /etc/subuid
 * or /etc/subgid) gives to `name` or `id`. Only the first entry where there are none.
 * @param own The user's or group's own id.
 */
export function idMap(
  subIds: string,
  { name, id, own }: { name: string; id: number; own: number },
): readonly IdRange[] {
  const map: IdRange[] = [{ inside: 0, outside: own, size: 1 }];
  let inside = 1;
  for (const line of subIds.split("\n")) {
    const [owner, start, count] = line.trim().split(":");
    const [outside, size] = [Number(start), Number(count)];
    if ((owner !== name && owner !== String(id)) || !(size > 0) || !(outside > 0)) continue;
    const taken = Math.min(size, USUAL_IDS - inside);
    if (taken > 0) map.push({ inside, outside, size: taken });
    inside += taken;
  }
  return map;
}

/** The text of a file like /etc/subuid; empty where it cannot be read. */
export function readSubIds(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
