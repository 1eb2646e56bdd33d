import type { Entry } from "@tsbuild/oci";
import { BuildError } from "../build-error.ts";
import { type Draft, NEWEST, notDirectory } from "./draft.ts";
import { type ModeChange, modeChange, octalMode } from "./mode.ts";
import { cleanPath, joinPath, parentOf } from "./names.ts";
import { type Owner, ownerOf } from "./owner.ts";
import type { CopyAction, Selected, SelectedEntry } from "./select.ts";

/** What a COPY does to everything that it copies. */
export interface Placement {
  /** Undefined: the owner that the file has where it comes from. */
  readonly owner: Owner | undefined;
  readonly mode: ModeChange | undefined;
  /** Of folders that have to be made on the way. */
  readonly directory: { readonly mode: number; readonly owner: Owner };
  /** Tells hard links of one copied thing from those of another. */
  readonly group: string;
}

const ROOT: Owner = { uid: 0, gid: 0 };

/** What `--chown` and `--chmod` say, with names looked up in the tree copied to. */
export function placementOf(draft: Draft, action: Pick<CopyAction, "owner" | "mode">, group: string): Placement {
  const readFile = (path: string): Uint8Array | undefined => draft.base.readFile(draft.base.resolve(path));
  const owner = action.owner === undefined ? undefined : ownerOf(action.owner, readFile);
  const octal = action.mode === undefined ? undefined : octalMode(action.mode);
  return {
    owner,
    mode: action.mode === undefined ? undefined : modeChange(action.mode),
    directory: { mode: octal ?? 0o755, owner: owner ?? ROOT },
    group,
  };
}

/**
 * Puts what was selected at `destination`, by the rules of BuildKit: links on the way are followed within the root; a
 * trailing slash or an existing folder means into it; missing folders are made; the folder that content is copied into
 * keeps its attributes, folders below it take those of the source.
 * @throws BuildError NOT_A_DIRECTORY, IS_A_DIRECTORY
 */
export function place(draft: Draft, selected: Selected, destination: string, placement: Placement): void {
  const path = cleanPath(destination);
  const folder = destination.endsWith("/") ? path : parentOf(path);
  draft.makeDirectory(draft.resolve(folder), placement.directory);
  const target = draft.resolve(path);
  if (selected.name === undefined) {
    draft.makeDirectory(target, placement.directory);
    for (const entry of selected.entries) placeEntry(draft, selected, { ...entry, target }, placement);
    return;
  }
  const into = draft.lstat(target)?.type === "directory" || target === "";
  const file = into ? joinPath(target, selected.name) : target;
  for (const entry of selected.entries) placeEntry(draft, selected, { ...entry, target: file }, placement);
}

function placeEntry(
  draft: Draft,
  { source }: Selected,
  { path, entry, target }: SelectedEntry & { readonly target: string },
  placement: Placement,
): void {
  const to = joinPath(target, path);
  const there = draft.lstat(to);
  if (entry.type === "directory") {
    if (there !== undefined && there.type !== "directory") throw notDirectory(to);
  } else if (there?.type === "directory") {
    throw new BuildError("IS_A_DIRECTORY", `cannot replace directory /${to} with a file`, {
      hint: "Copy to another name, or end the destination with the file's name inside that directory.",
    });
  }
  const { linkGroup } = entry;
  draft.put({
    entry: attributesOf(entry, to, placement),
    ...(entry.type === "file" ? { content: { type: "source", source, entry } as const } : {}),
    ...(linkGroup === undefined || entry.type !== "file" ? {} : { group: `${placement.group} ${linkGroup}` }),
  });
}

/** The entry as it will be in the layer; whatever belongs to the place that it comes from is left behind. */
export function attributesOf(entry: Entry, path: string, placement: Pick<Placement, "owner" | "mode">): Entry {
  const { type, size, mtime, linkName, devMajor, devMinor, xattrs } = entry;
  const { uid, gid } = placement.owner ?? entry;
  const mode = type === "symlink" ? 0o777 : (placement.mode?.(entry.mode, type === "directory") ?? entry.mode);
  return {
    ...{ path, type, mode, uid, gid, size, mtime, mtimeNsec: 0 },
    ...(linkName === undefined ? {} : { linkName }),
    ...(devMajor === undefined ? {} : { devMajor }),
    ...(devMinor === undefined ? {} : { devMinor }),
    ...(xattrs === undefined || xattrs.size === 0 ? {} : { xattrs }),
  };
}

/** A file whose bytes are part of the step: a heredoc. */
export function placeContent(
  draft: Draft,
  file: { readonly name: string; readonly bytes: Uint8Array; readonly mode: number },
  destination: string,
  placement: Placement,
): void {
  const path = cleanPath(destination);
  draft.makeDirectory(draft.resolve(destination.endsWith("/") ? path : parentOf(path)), placement.directory);
  const target = draft.resolve(path);
  const into = draft.lstat(target)?.type === "directory" || target === "";
  const to = into ? joinPath(target, file.name) : target;
  if (draft.lstat(to)?.type === "directory") throw notDirectory(to);
  const { bytes, mode } = file;
  const entry: Entry = { path: to, type: "file", mode, ...ROOT, size: bytes.length, mtime: NEWEST, mtimeNsec: 0 };
  draft.put({ entry: attributesOf(entry, to, placement), content: { type: "bytes", bytes } });
}
