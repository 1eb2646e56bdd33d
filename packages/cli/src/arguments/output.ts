import { usageError } from "../usage-error.ts";
import { parseFields, parseSwitch } from "./fields.ts";

/** One `--output`. `destination` `-` is stdout. */
export type OutputSpec =
  /** The local store, where every build's image goes; `push` to the registry too. */
  | { readonly type: "image"; readonly names: readonly string[]; readonly push: boolean }
  /** An archive, or with `tar=false` an OCI layout in a folder. */
  | { readonly type: "oci"; readonly destination: string; readonly layout: boolean; readonly names: readonly string[] }
  | { readonly type: "docker"; readonly destination: string; readonly names: readonly string[] }
  | { readonly type: "tar"; readonly destination: string }
  | { readonly type: "local"; readonly destination: string };

const FIELDS = ["type", "dest", "name", "push", "tar"];
/** Fields of BuildKit that say how to pack; what they ask for is what tsbuild does, or makes no difference. */
const ACCEPTED = ["compression", "oci-mediatypes", "force-compression", "unpack", "store"];

/**
 * Reads the value of `--output`: `type=...,dest=...`, or a folder, or `-` for a tar on stdout.
 * @throws TsbuildError USAGE
 */
export function parseOutput(text: string): OutputSpec {
  if (text === "") throw usageError("--output: it is empty");
  if (!text.includes("="))
    return text === "-" ? { type: "tar", destination: "-" } : { type: "local", destination: text };
  const { type, dest, name, push, tar } = parseFields(text, "--output", [...FIELDS, ...ACCEPTED]);
  const names = name?.split(",").filter((word) => word !== "") ?? [];
  switch (type) {
    case "image":
      return { type: "image", names, push: parseSwitch(push, `--output ${text}: push`) };
    case "registry":
      return { type: "image", names, push: true };
    case "oci":
      return { type, destination: dest ?? "-", layout: !parseSwitch(tar ?? "true", `--output ${text}: tar`), names };
    case "docker":
      // Without a destination it means Docker's own image store: here the local store, where the image goes anyway.
      return dest === undefined ? { type: "image", names, push: false } : { type, destination: dest, names };
    case "tar":
      return { type, destination: dest ?? "-" };
    case "local":
      if (dest === undefined) throw usageError(`--output ${text}: dest is missing`, { hint: "say dest=FOLDER" });
      return { type, destination: dest };
    default:
      throw usageError(`--output ${text}: unknown type ${JSON.stringify(type ?? "")}`, {
        hint: "types: image, registry, oci, docker, tar, local",
      });
  }
}
