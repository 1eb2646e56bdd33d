import { posix } from "node:path";
import { expand, type Mount, parseMountFlag, type RunInstruction } from "@tsbuild/parser";
import type { ExecMount, Vertex } from "../../graph/op.ts";
import { contextVertex } from "../base-image.ts";
import { mistake } from "../dockerfile-error.ts";
import { filesOf, type Inputs, inputsOn, type StageDraft, workingDirectory } from "../stage-draft.ts";
import type { Command } from "../stages.ts";
import type { InstructionScope } from "./scope.ts";

/** What the mounts of a RUN come to. */
export interface RunMounts {
  readonly mounts: readonly ExecMount[];
  /** The file system below the process first, then what mounts show. */
  readonly inputs: readonly Vertex[];
  /** Variables that get a secret's value: their values show nowhere. */
  readonly secretNames: readonly string[];
}

/** The mounts of a RUN. Variables in them are filled in. */
export function mountsOf(
  instruction: RunInstruction,
  sources: Command["sources"],
  draft: StageDraft,
  scope: InstructionScope,
): RunMounts {
  const inputs = inputsOn(draft.root);
  const parsed = instruction.mounts.map((text) => readMount(text, instruction, draft, scope));
  const mounts = parsed.map((mount, index) => {
    const source = sources[index];
    return mountOf(mount, { instruction, draft, scope, inputs, source });
  });
  const secretNames = parsed.flatMap(({ type, env }) => (type === "secret" && env !== undefined ? [env] : []));
  return { mounts, inputs: inputs.all(), secretNames };
}

interface MountPlace {
  readonly instruction: RunInstruction;
  readonly draft: StageDraft;
  readonly scope: InstructionScope;
  readonly inputs: Inputs;
  readonly source: Command["sources"][number];
}

function readMount(
  text: string,
  { range }: RunInstruction,
  { variables }: StageDraft,
  { compile }: InstructionScope,
): Mount {
  const mount = parseMountFlag(text, (word) => expand(word, (name) => variables.get(name), { escape: compile.escape }));
  if ("error" in mount) throw mistake(mount.error, range, { code: "MOUNT_INVALID" });
  return mount;
}

function mountOf(mount: Mount, place: MountPlace): ExecMount {
  switch (mount.type) {
    case "bind":
      return {
        type: "bind",
        input: sourceInput(mount, place),
        source: sourcePath(mount),
        target: targetPath(mount, place),
        readonly: mount.readOnly,
      };
    case "cache":
      return cacheMount(mount, place);
    case "tmpfs":
      return { type: "tmpfs", target: targetPath(mount, place), ...given({ size: mount.sizeLimit }) };
    case "secret":
      return secretMount(mount, place);
    case "ssh":
      return sshMount(mount, place);
  }
}

function cacheMount(mount: Mount, place: MountPlace): ExecMount {
  const namespace = place.scope.compile.options.buildArgs?.BUILDKIT_CACHE_MOUNT_NS ?? "";
  const id = mount.id === "" ? cleanPath(mount.target) : mount.id;
  const { mode, uid, gid } = mount;
  const seed = mount.from === "" ? {} : { input: sourceInput(mount, place), source: sourcePath(mount) };
  return {
    type: "cache",
    id: namespace === "" ? id : `${namespace}/${id}`,
    target: targetPath(mount, place),
    sharing: mount.sharing ?? "shared",
    readonly: mount.readOnly,
    ...seed,
    ...given({ mode, uid, gid }),
  };
}

function secretMount(mount: Mount, { instruction }: MountPlace): ExecMount {
  const { env, mode, uid, gid, required } = mount;
  const id = mount.source || mount.id || posix.basename(mount.target);
  if (id === "") throw mistake("one of source, target required", instruction.range, { code: "MOUNT_INVALID" });
  const ownTarget = mount.target === "" ? undefined : mount.target;
  const target = env === undefined ? (ownTarget ?? `/run/secrets/${posix.basename(id)}`) : ownTarget;
  return { type: "secret", id, required, ...given({ target, env, mode, uid, gid }) };
}

function sshMount(mount: Mount, { instruction }: MountPlace): ExecMount {
  if (mount.source !== "") throw mistake("ssh does not support source", instruction.range, { code: "MOUNT_INVALID" });
  const { mode, uid, gid, required } = mount;
  const target = mount.target === "" ? undefined : mount.target;
  return { type: "ssh", id: mount.id === "" ? "default" : mount.id, required, ...given({ target, mode, uid, gid }) };
}

/** Where a mount's files are among the inputs. */
function sourceInput({ from, target }: Mount, { draft, inputs, instruction, scope, source }: MountPlace): number {
  if (from === "") return inputs.add(contextVertex("context", scope.compile));
  const stage = source === undefined ? undefined : scope.drafts.get(source);
  if (stage !== undefined) return inputs.add(filesOf(stage));
  const message = `cannot mount from stage "${from}" to "${target}", stage needs to be defined before current command`;
  throw mistake(message, instruction.range, {
    code: "STAGE_ORDER",
    hint: `move the stage "${from}" in front of "${draft.plan.label}"`,
  });
}

function sourcePath({ source }: Mount): string {
  return cleanPath(posix.join("/", source));
}

function targetPath({ target }: Mount, { draft, instruction }: MountPlace): string {
  const path = cleanPath(posix.isAbsolute(target) ? target : posix.join("/", workingDirectory(draft), target));
  if (path !== "/") return path;
  throw mistake(`invalid mount target "${path}"`, instruction.range, {
    code: "MOUNT_INVALID",
    hint: "name the place with target=",
  });
}

function cleanPath(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}

/** Only the members that have a value. */
function given<Members extends Record<string, unknown>>(
  members: Members,
): { [Name in keyof Members]?: Exclude<Members[Name], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Members]?: Exclude<Members[Name], undefined> };
}
