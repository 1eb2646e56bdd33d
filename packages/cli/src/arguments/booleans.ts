import type { Command, Option } from "commander";

/**
 * Docker takes `--rm=true` and `--no-cache=false` for its switches: rewrites them to `--rm` and to nothing. For a command
 * that hands its rest to a process, only the words in front of that are looked at.
 */
export function withPlainBooleans(words: readonly string[], command: Command): string[] {
  const result: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (word === "--" || (!word.startsWith("-") && takesRest(command))) return [...result, ...words.slice(index)];
    const option = findOption(command, word);
    result.push(...plainWords(word, option));
    const next = words[index + 1];
    if (option !== undefined && takesNext(word, option) && next !== undefined) {
      result.push(next);
      index += 1;
    }
  }
  return result;
}

/** What stands in place of one word. */
function plainWords(word: string, option: Option | undefined): readonly string[] {
  const value = attachedValue(word);
  if (option !== undefined && isSwitch(option) && value !== undefined) {
    if (/^(?:true|1|t)$/i.test(value)) return [option.long ?? ""];
    return /^(?:false|0|f)$/i.test(value) ? [] : [word];
  }
  // What may stand without a value takes one only behind a `=`, so that `build --explain .` means the folder.
  return option?.optional && value === undefined ? [`${option.long}=true`] : [word];
}

/** What stands behind `=` in `--name=value`. */
function attachedValue(word: string): string | undefined {
  return /^--[^=]+=(.*)$/s.exec(word)?.[1];
}

function takesNext(word: string, option: Option): boolean {
  return option.required && attachedValue(word) === undefined && isWhole(word, option);
}

/** Commands that end in `[args...]` for a process. */
function takesRest(command: Command): boolean {
  return command.registeredArguments.length > 1 && command.registeredArguments.at(-1)?.variadic === true;
}

function findOption(command: Command, word: string): Option | undefined {
  if (word.startsWith("--")) {
    const name = word.split("=", 1)[0];
    return command.options.find((option) => option.long === name);
  }
  // Of `-itv`, only the last can take the next word as its value.
  const last = `-${word.at(-1)}`;
  return word.startsWith("-") ? command.options.find((option) => option.short === last) : undefined;
}

/** `--rm`, and `--no-cache` too, which commander itself does not count among them. */
function isSwitch(option: Option): boolean {
  return !option.required && !option.optional;
}

/** False for `-v/a:/b`, which carries its value already. */
function isWhole(word: string, option: Option): boolean {
  return word.startsWith("--") || word === option.short || /^-[a-zA-Z]+$/.test(word);
}
