import {
  type LabelInstruction,
  type MaintainerInstruction,
  type OnbuildInstruction,
  type StopsignalInstruction,
  signalNumber,
  type UserInstruction,
  type VolumeInstruction,
} from "@tsbuild/parser";
import { mistake } from "../dockerfile-error.ts";
import { formatList } from "../go-format.ts";

import { type Compile, commitConfig, type StageDraft, wordExpander } from "../stage-draft.ts";

/** LABEL: names and values are expanded. */
export function applyLabel(instruction: LabelInstruction, draft: StageDraft, compile: Compile): void {
  const word = wordExpander(draft, compile, instruction.range);
  const pairs = instruction.pairs.map(({ key, value }) => [word(key.text), word(value?.text ?? "")] as const);
  const text = ["LABEL", ...pairs.map(([name, value]) => `${name}=${value}`)].join(" ");
  commitConfig(draft, text, { Labels: { ...draft.config.Labels, ...Object.fromEntries(pairs) } });
}

/** MAINTAINER: the image's author. */
export function applyMaintainer(instruction: MaintainerInstruction, draft: StageDraft): void {
  draft.author = instruction.name.text;
  commitConfig(draft, `MAINTAINER ${instruction.name.text}`);
}

/** USER: kept as written; names are looked up where they are used. */
export function applyUser(instruction: UserInstruction, draft: StageDraft, compile: Compile): void {
  const user = wordExpander(draft, compile, instruction.range)(instruction.user.text);
  commitConfig(draft, `USER ${user}`, { User: user });
}

/** VOLUME: a note in the config. No folder is made, and later steps may still write there. */
export function applyVolume(instruction: VolumeInstruction, draft: StageDraft, compile: Compile): void {
  const paths = instruction.paths.map((path) => path.text).map(wordExpander(draft, compile, instruction.range));
  if (paths.includes("")) throw mistake("VOLUME specified can not be an empty string", instruction.range);
  const Volumes = { ...draft.config.Volumes, ...Object.fromEntries(paths.map((path) => [path, {}])) };
  commitConfig(draft, `VOLUME ${formatList(paths)}`, { Volumes });
}

/** STOPSIGNAL: kept as written. */
export function applyStopsignal(instruction: StopsignalInstruction, draft: StageDraft, compile: Compile): void {
  const signal = wordExpander(draft, compile, instruction.range)(instruction.signal.text);
  if (signalNumber(signal) === undefined)
    throw mistake(`invalid signal: ${signal}`, instruction.range, {
      hint: "give a number, or a name such as SIGTERM or SIGRTMIN+3",
    });
  commitConfig(draft, `STOPSIGNAL ${signal}`, { StopSignal: signal });
}

/** ONBUILD: a note for builds on top of this image, without a history entry. */
export function applyOnbuild(instruction: OnbuildInstruction, draft: StageDraft): void {
  draft.config = { ...draft.config, OnBuild: [...(draft.config.OnBuild ?? []), instruction.expression] };
}
