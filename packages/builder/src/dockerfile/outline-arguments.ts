import { type ArgInstruction, type Dockerfile, describedBy, expand, type FromInstruction } from "@tsbuild/parser";
import type { CompileOptions } from "./compile-options.ts";
import type { OutlineArgument } from "./outline-shape.ts";
import { locationOf } from "./source-location.ts";
import type { Variables } from "./words.ts";

/** An ARG, and the global ARGs that its value is made of. */
export interface ArgumentUse {
  readonly argument: OutlineArgument;
  readonly dependencies: ReadonlySet<string>;
}

/** The ARGs in front of the first FROM, by name; the last of a name counts, with what the others of it are made of. */
export function globalUses(dockerfile: Dockerfile, { buildArgs = {} }: CompileOptions): Map<string, ArgumentUse> {
  const scope = { dockerfile, buildArgs, variables: new Map<string, string>() };
  const uses = new Map<string, ArgumentUse>();
  for (const instruction of dockerfile.globalArgs) {
    for (const pair of instruction.pairs) {
      const { text: found, matched } = globalValue(pair, scope);
      const name = pair.key.text;
      if (found !== undefined) scope.variables.set(name, found);
      const dependencies = dependenciesOf(name, matched, uses);
      uses.set(name, { argument: argumentOf(instruction, name, found), dependencies });
    }
  }
  return uses;
}

/** How an ARG is listed. */
export function argumentOf(
  { comments, range }: ArgInstruction,
  name: string,
  value: string | undefined,
): OutlineArgument {
  const description = describedBy(comments, name);
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(value === undefined || value === "" ? {} : { value }),
    location: locationOf(range),
  };
}

/** The variables that a FROM line uses. */
export function usedByFrom(
  { image, platform = "" }: FromInstruction,
  { variables, escape: escapeToken }: { readonly variables: Variables; readonly escape: "\\" | "`" },
): readonly string[] {
  return [image.text, platform].flatMap((text) => {
    const result = expand(text, (name) => variables.get(name), { escape: escapeToken });
    return "error" in result ? [] : result.matched;
  });
}

/** The names with all that their values are made of. */
export function withDependencies(names: Iterable<string>, uses: ReadonlyMap<string, ArgumentUse>): ReadonlySet<string> {
  const all = new Set<string>(names);
  // A set is walked over with what is added meanwhile.
  for (const name of all) for (const dependency of uses.get(name)?.dependencies ?? []) all.add(dependency);
  return all;
}

interface GlobalScope {
  readonly dockerfile: Dockerfile;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly variables: Variables;
}

function globalValue(
  { key, value }: ArgInstruction["pairs"][number],
  { dockerfile, buildArgs, variables }: GlobalScope,
): { text: string | undefined; matched: readonly string[] } {
  if (Object.hasOwn(buildArgs, key.text)) return { text: buildArgs[key.text], matched: [] };
  if (value === undefined) return { text: undefined, matched: [] };
  const result = expand(value.text, (name) => variables.get(name), { escape: dockerfile.escape });
  return "error" in result ? { text: undefined, matched: [] } : result;
}

/** `ARG A=${A}${B}` is made of B, and of what the A above it is made of. */
function dependenciesOf(
  name: string,
  matched: readonly string[],
  uses: ReadonlyMap<string, ArgumentUse>,
): ReadonlySet<string> {
  const own = new Set(matched);
  const older = own.delete(name) ? (uses.get(name)?.dependencies ?? []) : [];
  return new Set([...own, ...older]);
}
