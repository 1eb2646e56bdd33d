import { join } from "node:path/posix";
import { encodeName } from "@tsbuild/oci";

const ESCAPED = /[\udc80-\udcff]/;

/** The file `path` (a path of a layer) in `folder`, as node:fs takes it: bytes where the name is not text. */
export function fileIn(folder: string, path: string): string | Buffer {
  const file = path === "" ? folder : `${folder}/${path}`;
  return ESCAPED.test(path) ? encodeName(file) : file;
}

/** The path of `name` in the folder `path`. */
export function childPath(path: string, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}

/** The path of a layer that an absolute path of the root stands for. */
export function layerPath(absolute: string): string {
  return join("/", absolute).slice(1).replace(/\/$/, "");
}
