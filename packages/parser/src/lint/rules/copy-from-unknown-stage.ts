import type { CopyInstruction } from "../../ast.ts";
import { suggest } from "../../text/suggest.ts";
import { pageUrl } from "../page-url.ts";
import type { Finding, LintRule } from "../rule.ts";

export const copyFromUnknownStage: LintRule = {
  id: "CopyFromUnknownStage",
  title: "COPY --from should name a stage that stands above it, or an image",
  url: pageUrl("CopyFromUnknownStage"),
  *check({ stages }) {
    const above = new Set<string>();
    const all = new Set(stages.flatMap(({ name }) => name ?? []));
    for (const { instructions, name } of stages) {
      for (const instruction of instructions) {
        const finding = instruction.kind === "copy" ? findingOf(instruction, above, all) : undefined;
        if (finding !== undefined) yield finding;
      }
      if (name !== undefined) above.add(name);
    }
  },
};

function findingOf(
  { from = "", flags, range: whole, comments }: CopyInstruction,
  above: ReadonlySet<string>,
  all: ReadonlySet<string>,
): Finding | undefined {
  const stage = from.toLowerCase();
  if (!/^[\w.-]*[a-zA-Z][\w.-]*$/.test(from) || above.has(stage)) return undefined;
  const range = flags.find(({ name }) => name === "from")?.range ?? whole;
  if (all.has(stage)) {
    return { range, comments, message: `Stage ${stage} does not stand above this COPY`, hint: "move the stage up" };
  }
  const meant = suggest(stage, above);
  if (meant === undefined) return undefined;
  const hint = `did you mean ${meant}? Else the build looks for an image ${from}`;
  return { range, comments, message: `No stage above has the name ${from}`, hint };
}
