import { type ExposeInstruction, parsePorts } from "@tsbuild/parser";
import { mistake } from "../dockerfile-error.ts";
import { formatList } from "../go-format.ts";
import { type Compile, commitConfig, type StageDraft } from "../stage-draft.ts";
import { expandToWords } from "../words.ts";

/** EXPOSE: the words in order of their text; a variable may bring in several, a range is one port after the other. */
export function applyExpose(instruction: ExposeInstruction, draft: StageDraft, compile: Compile): void {
  const { range } = instruction;
  const words = instruction.ports
    .map((port) => port.text)
    .sort((a, b) => (a < b ? -1 : 1))
    .flatMap((port) => expandToWords(port, draft.variables, { escape: compile.escape, range }));
  const ports = parsePorts(words);
  if ("error" in ports) throw mistake(ports.error, range, { hint: "a port is 80, 80/udp or 8000-8010/tcp" });
  const ExposedPorts = { ...draft.config.ExposedPorts, ...Object.fromEntries(ports.map((port) => [port, {}])) };
  commitConfig(draft, `EXPOSE ${formatList(ports)}`, { ExposedPorts });
}
