import type { GitReference } from "@tsbuild/parser";
import type { FileAction, GitOp, Vertex } from "../../graph/op.ts";
import { mistake } from "../dockerfile-error.ts";
import { sourcePattern, toSlash } from "../image-paths.ts";
import { gitSource, httpOp, isHttpSource } from "../remote-source.ts";
import type { Inputs, StageDraft } from "../stage-draft.ts";
import { type ExpandedCopy, ownership } from "./expanded-copy.ts";
import type { InstructionScope } from "./scope.ts";

/** Where a source may come from. */
export interface SourcePlace {
  readonly draft: StageDraft;
  readonly scope: InstructionScope;
  /** For the names of what is fetched. */
  readonly text: string;
  /** The context, or what --from names. */
  readonly from: () => Vertex | undefined;
}

/** What COPY or ADD does for one of its sources: a path, or for ADD an address or a git repository. */
export function sourceActions(
  source: string,
  copy: ExpandedCopy,
  inputs: Inputs,
  place: SourcePlace,
): readonly FileAction[] {
  const git = gitSource(source, copy.instruction.range);
  if (git !== undefined) return [gitAction(git, copy, inputs, place)];
  if (isHttpSource(source)) return [httpAction(source, copy, inputs, place)];
  return [pathAction(source, copy, inputs, place)];
}

function gitAction(git: GitReference, copy: ExpandedCopy, inputs: Inputs, place: SourcePlace): FileAction {
  refuseInCopy(copy, "source can't be a git ref for COPY");
  const input = inputs.add(fetched(gitOp(git, copy), copy, place));
  return { ...commonParts(copy, input), sources: ["."], unpack: "never" };
}

function gitOp(git: GitReference, copy: ExpandedCopy): GitOp {
  const { instruction } = copy;
  const { keepGitDir = git.keepGitDir } = instruction;
  const fail = (message: string): Error => mistake(message, instruction.range, { code: "GIT_SOURCE_INVALID" });
  if (git.keepGitDir !== undefined && git.keepGitDir !== keepGitDir)
    throw fail("inconsistent keep-git-dir configuration");
  if (copy.checksum !== "" && git.checksum !== "" && git.checksum !== copy.checksum)
    throw fail(`checksum mismatch "${copy.checksum}" != "${git.checksum}"`);
  const checksum = git.checksum || copy.checksum;
  return {
    type: "git",
    remote: git.remote,
    ...(git.ref === "" ? {} : { ref: git.ref }),
    ...(git.subdir === "" ? {} : { subdir: git.subdir }),
    keepGitDir: keepGitDir ?? false,
    ...(checksum === "" ? {} : { checksum }),
    ...(git.submodules === false ? { submodules: false } : {}),
  };
}

function httpAction(url: string, copy: ExpandedCopy, inputs: Inputs, place: SourcePlace): FileAction {
  refuseInCopy(copy, "source can't be a URL for COPY");
  const op = httpOp(url, copy.checksum);
  const input = inputs.add(fetched(op, copy, place));
  // The name is no pattern, whatever characters the address has.
  const source = op.fileName.replaceAll(/[\\*?[]/g, "\\$&");
  const unpack = copy.instruction.unpack === true ? "always" : "never";
  return { ...commonParts(copy, input), sources: [source], unpack };
}

function pathAction(source: string, copy: ExpandedCopy, inputs: Inputs, { draft, from }: SourcePlace): FileAction {
  const { os } = draft.platform;
  const { instruction } = copy;
  const pivot = instruction.parents ? toSlash(source, os).indexOf("/./") : -1;
  const pattern =
    pivot < 0
      ? sourcePattern(source, os)
      : `${sourcePattern(source.slice(0, pivot), os)}/./${sourcePattern(source.slice(pivot + 3), os)}`;
  const automatic = instruction.kind === "add" ? "auto" : "never";
  const forced = instruction.unpack === true ? "always" : "never";
  const unpack = instruction.unpack === undefined ? automatic : forced;
  return { ...commonParts(copy, inputs.add(from())), sources: [pattern], unpack };
}

function commonParts(copy: ExpandedCopy, input: number): Omit<FileAction & { type: "copy" }, "sources" | "unpack"> {
  const { instruction, destination } = copy;
  const { exclude, parents } = instruction;
  return { type: "copy", input, destination, ...ownership(copy), parents, exclude };
}

function fetched(
  op: GitOp | ReturnType<typeof httpOp>,
  copy: ExpandedCopy,
  { scope, draft, text }: SourcePlace,
): Vertex {
  const { compile } = scope;
  return compile.vertex(op, [], {
    name: text,
    range: copy.instruction.range,
    ...(draft.noCache ? { noCache: true } : {}),
  });
}

function refuseInCopy({ instruction }: ExpandedCopy, message: string): void {
  if (instruction.kind === "copy") throw mistake(message, instruction.range, { hint: "write ADD in place of COPY" });
}
