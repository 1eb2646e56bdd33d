/** What a tar entry is. */
export type EntryType = "file" | "directory" | "symlink" | "hardlink" | "char" | "block" | "fifo";

/**
 * One entry of a layer.
 *
 * Names are text in which a byte that is not UTF-8 stands as the lone surrogate U+DC80 + (byte - 0x80), so that no
 * name is ever changed: see `decodeName` and `encodeName`.
 */
export interface Entry {
  /** Relative to the root, no leading `/` or `./`, no trailing `/`; the root itself is `""`. */
  readonly path: string;
  readonly type: EntryType;
  /** The twelve permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Whole seconds since 1970; may be negative. */
  readonly mtime: number;
  /** What `mtime` leaves over, 0 to 999,999,999 nanoseconds. */
  readonly mtimeNsec: number;
  /** Where a symlink points (verbatim) or which earlier path of the layer a hardlink shares. */
  readonly linkName?: string;
  readonly devMajor?: number;
  readonly devMinor?: number;
  /** Extended attributes by full name (`user.x`, `security.capability`). */
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}
