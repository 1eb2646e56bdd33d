/**
 * What went into a cache key, taken apart: each part under a name by which parts of two keys are compared. Values are
 * plain JSON data.
 */
export type KeyParts = ReadonlyMap<string, unknown>;

/** The parts of a key's preimage, whatever its op. */
export function keyParts(preimage: object): KeyParts {
  const parts = new Map<string, unknown>();
  for (const [name, value] of Object.entries(preimage)) {
    if (name === "type" || value === undefined) continue;
    if (name === "env" && Array.isArray(value)) addVariables(parts, value);
    else if (name === "mounts" && Array.isArray(value)) addMounts(parts, value);
    else if (name === "actions" && Array.isArray(value)) addActions(parts, value);
    else if (name === "args") parts.set("command", value);
    else parts.set(name, value);
  }
  return parts;
}

/** The op's type in a preimage. */
export function keyType(preimage: object): string {
  return "type" in preimage && typeof preimage.type === "string" ? preimage.type : "";
}

/** The names of parts that differ. */
export function differingParts(before: KeyParts, after: KeyParts): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => textOf(before.get(name)) !== textOf(after.get(name)));
}

/** A part as text; undefined where it is not there. */
export function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function addVariables(parts: Map<string, unknown>, lines: readonly unknown[]): void {
  for (const line of lines) {
    const text = String(line);
    const cut = text.indexOf("=");
    parts.set(`env ${text.slice(0, cut < 0 ? undefined : cut)}`, cut < 0 ? "" : text.slice(cut + 1));
  }
}

function addMounts(parts: Map<string, unknown>, mounts: readonly unknown[]): void {
  for (const mount of mounts) {
    if (!isObject(mount)) continue;
    const { content, ...rest } = mount;
    const target = String(rest.target ?? rest.env ?? rest.id ?? "");
    parts.set(`mount ${target}`, rest.type);
    addMembers(parts, rest, `the mount ${target}`);
    // The file of a here-document is text of the Dockerfile; the content of a bind is a checksum.
    if (rest.type === "bind") parts.set(`content ${target}`, content);
    else if (content !== undefined) parts.set("command", content);
  }
}

function addActions(parts: Map<string, unknown>, actions: readonly unknown[]): void {
  for (const [index, action] of actions.entries()) {
    if (!isObject(action)) continue;
    const { type, content, ...rest } = action;
    const target = String(rest.destination ?? rest.path ?? "");
    if (type === "copy") parts.set(`content ${index} ${target}`, content);
    else if (content !== undefined) parts.set(`text of ${target}`, content);
    addMembers(parts, rest, target);
  }
}

function addMembers(parts: Map<string, unknown>, members: Readonly<Record<string, unknown>>, of: string): void {
  for (const [name, value] of Object.entries(members))
    if (name !== "type" && name !== "target" && value !== null) parts.set(`${name} of ${of}`, value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
