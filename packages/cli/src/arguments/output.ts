import type { Packing, PlacedAnnotation } from "@tsbuild/builder";
import { usageError } from "../usage-error.ts";
import { parseAnnotationField } from "./annotation.ts";
import { parseFields, parseSwitch, splitCsv } from "./fields.ts";
import { PACKING_FIELDS, parsePacking } from "./packing.ts";

/** One `--output`. `destination` `-` is stdout. */
export type OutputSpec = Common &
  (ImageOutput | ArchiveOutput<"oci"> | ArchiveOutput<"docker"> | FilesOutput<"tar"> | FilesOutput<"local">);

interface Common {
  /** Of the image itself, whichever output asks for it. */
  readonly annotations?: readonly PlacedAnnotation[];
  readonly rewriteTimestamps?: boolean;
}

/** The local store, where every build's image goes; `push` to the registry too. */
interface ImageOutput {
  readonly type: "image";
  readonly names: readonly string[];
  readonly push: boolean;
  readonly packing?: Packing | undefined;
}

interface ArchiveOutput<Type> {
  readonly type: Type;
  readonly destination: string;
  /** Not an archive but an OCI layout in a folder: `tar=false`. */
  readonly layout: boolean;
  readonly names: readonly string[];
  readonly packing?: Packing | undefined;
}

interface FilesOutput<Type> {
  readonly type: Type;
  readonly destination: string;
  /** A folder for each platform. */
  readonly platformSplit?: boolean;
}

const FIELDS = ["type", "dest", "name", "push", "tar", "platform-split", "rewrite-timestamp", ...PACKING_FIELDS];
/** Fields of BuildKit that say how to store; what they ask for is what tsbuild does, or makes no difference. */
const ACCEPTED = ["oci-mediatypes", "unpack", "store", "attestation-inline", "buildinfo", "name-canonical"];

/**
 * Reads the value of `--output`: `type=...,dest=...`, or a folder, or `-` for a tar on stdout.
 * @throws TsbuildError USAGE
 */
export function parseOutput(text: string): OutputSpec {
  if (text === "") throw usageError("--output: it is empty");
  if (!text.includes("="))
    return text === "-" ? { type: "tar", destination: "-" } : { type: "local", destination: text };
  const [notes, others] = splitFields(text);
  const fields = parseFields(others, "--output", [...FIELDS, ...ACCEPTED]);
  const rewrite = parseSwitch(fields["rewrite-timestamp"], `--output ${text}: rewrite-timestamp`);
  return {
    ...typedOutput(fields, `--output ${text}`),
    ...(notes.length === 0 ? {} : { annotations: notes }),
    ...(rewrite ? { rewriteTimestamps: true } : {}),
  };
}

/** Fields of annotations have names of their own: they are taken out first. */
function splitFields(text: string): readonly [readonly PlacedAnnotation[], string] {
  const notes: PlacedAnnotation[] = [];
  const others: string[] = [];
  for (const field of splitCsv(text)) {
    const note = parseAnnotationField(field);
    if (note !== undefined) notes.push(note);
    else others.push(/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);
  }
  return [notes, others.join(",")];
}

function typedOutput(fields: Readonly<Record<string, string>>, flag: string): OutputSpec {
  const { type, dest, name, push, tar } = fields;
  const names = name?.split(",").filter((word) => word !== "") ?? [];
  const packing = parsePacking(fields, flag);
  switch (type) {
    case "image":
      return { type: "image", names, push: parseSwitch(push, `${flag}: push`), packing };
    case "registry":
      return { type: "image", names, push: true, packing };
    case "oci":
      return { type, destination: dest ?? "-", layout: !parseSwitch(tar ?? "true", `${flag}: tar`), names, packing };
    case "docker":
      // Without a destination it means Docker's own image store: here the local store, where the image goes anyway.
      if (dest === undefined) return { type: "image", names, push: false };
      return { type, destination: dest, layout: false, names, packing };
    case "tar":
      return { type, destination: dest ?? "-", ...splitOf(fields, flag) };
    case "local":
      if (dest === undefined) throw usageError(`${flag}: dest is missing`, { hint: "say dest=FOLDER" });
      return { type, destination: dest, ...splitOf(fields, flag) };
    default:
      throw usageError(`${flag}: unknown type ${JSON.stringify(type ?? "")}`, {
        hint: "types: image, registry, oci, docker, tar, local",
      });
  }
}

function splitOf(fields: Readonly<Record<string, string>>, flag: string): Pick<FilesOutput<"tar">, "platformSplit"> {
  const text = fields["platform-split"];
  return text === undefined ? {} : { platformSplit: parseSwitch(text, `${flag}: platform-split`) };
}
