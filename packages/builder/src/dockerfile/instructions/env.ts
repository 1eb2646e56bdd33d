import type { ArgInstruction, EnvInstruction } from "@tsbuild/parser";
import { isInEnvironment } from "../arguments.ts";
import { type Compile, commitConfig, type StageDraft, setVariable, wordExpander } from "../stage-draft.ts";
import { expandWord, withEntry } from "../words.ts";

/** ENV: each variable keeps its place in the list. All values see the variables as they were before the instruction. */
export function applyEnv(instruction: EnvInstruction, draft: StageDraft, compile: Compile): void {
  const word = wordExpander(draft, compile, instruction.range);
  const pairs = instruction.pairs.map(({ key, value }) => [word(key.text), word(value?.text ?? "")] as const);
  let env = draft.config.Env ?? [];
  for (const [name, value] of pairs) {
    env = withEntry(env, name, value);
    setVariable(draft, name, value);
  }
  commitConfig(draft, ["ENV", ...pairs.map(([name, value]) => `${name}=${value}`)].join(" "), { Env: env });
}

/**
 * ARG: a build argument beats the default, and a bare name takes the global argument's value. Each value sees the
 * arguments in front of it, also those of the same instruction.
 */
export function applyArg(instruction: ArgInstruction, draft: StageDraft, compile: Compile): void {
  const declared = instruction.pairs.map(({ key, value }) => {
    const own = argumentValue(key.text, value?.text, { instruction, draft, compile });
    if (own !== undefined && isInEnvironment(key.text)) setVariable(draft, key.text, own);
    return { name: key.text, value: own };
  });
  draft.buildArguments = [...draft.buildArguments, ...declared];
  const texts = declared.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`));
  commitConfig(draft, ["ARG", ...texts].join(" "));
}

function argumentValue(
  name: string,
  fallback: string | undefined,
  { instruction, draft, compile }: { instruction: ArgInstruction; draft: StageDraft; compile: Compile },
): string | undefined {
  const { buildArgs = {} } = compile.options;
  if (Object.hasOwn(buildArgs, name)) return buildArgs[name];
  if (fallback === undefined) return compile.globalArguments.get(name);
  return expandWord(fallback, draft.variables, { escape: compile.escape, range: instruction.range });
}
