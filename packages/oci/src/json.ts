/**
 * A value as the bytes of its JSON: members in the order given, no spaces, those that are undefined left out. The same
 * value always gives the same bytes: manifests and configs are written with this.
 */
export function canonicalJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value), "utf8");
}
