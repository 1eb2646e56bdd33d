import type { Diagnostic, Dockerfile } from "@tsbuild/parser";
import type { CompileOptions } from "./compile-options.ts";

/** Build arguments that mean something without an ARG: proxies, platforms, those that speak to the builder. */
const PREDEFINED =
  /^(?:(?:https?|ftp|no|all)_proxy|(?:BUILD|TARGET)(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT|STAGE)|BUILDKIT_\w+|SOURCE_DATE_EPOCH)$/i;

/** A warning where build arguments were given that no ARG of the file declares: mostly a name is misspelt. */
export function unusedArguments(dockerfile: Dockerfile, { buildArgs = {} }: CompileOptions): readonly Diagnostic[] {
  const declared = new Set(dockerfile.globalArgs.flatMap(({ pairs }) => pairs.map(({ key }) => key.text)));
  for (const { instructions } of dockerfile.stages)
    for (const instruction of instructions)
      if (instruction.kind === "arg") for (const { key } of instruction.pairs) declared.add(key.text);
  const unused = Object.keys(buildArgs).filter((name) => !declared.has(name) && !PREDEFINED.test(name));
  const [first] = dockerfile.stages;
  if (unused.length === 0 || first === undefined) return [];
  return [
    {
      code: "BuildArgsUnused",
      severity: "warning",
      message: `one or more build args were not consumed: [${unused.sort().join(", ")}]`,
      range: first.from.range,
      hint: `declare them in the Dockerfile: ARG ${unused[0]}`,
    },
  ];
}
