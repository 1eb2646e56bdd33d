/** The 512-byte blocks that a tar consists of (POSIX.1-2017, pax, "ustar Interchange Format"). */
export const BLOCK = 512;

/** Where a field of a header lies. */
export type Field = readonly [offset: number, length: number];

/** Where the fields of a header lie. */
export const FIELD = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
  devMajor: [329, 8],
  devMinor: [337, 8],
  prefix: [345, 155],
} as const;

/** How many zero bytes follow `size` bytes of content, up to the next block. */
export function tarPadding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** The sum of all bytes of a header, its checksum field counted as spaces. */
export function checksumOf(block: Uint8Array): number {
  const [at, length] = FIELD.checksum;
  let sum = 32 * length;
  for (let index = 0; index < BLOCK; index++) sum += block[index] as number;
  for (let index = at; index < at + length; index++) sum -= block[index] as number;
  return sum;
}
