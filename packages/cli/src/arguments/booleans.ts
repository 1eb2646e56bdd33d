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
    const [, value] = /^--[^=]+=(.*)$/s.exec(word) ?? [];
    if (option !== undefined && isSwitch(option) && value !== undefined) {
      if (/^(?:true|1|t)$/i.test(value)) result.push(option.long ?? "");
      else if (!/^(?:false|0|f)$/i.test(value)) result.push(word);
      continue;
    }
    // What may stand without a value takes one only behind a `=`, so that `build --explain .` means the folder.
    if (option?.optional && value === undefined) {
      result.push(`${option.long}=true`);
      continue;
    }
    result.push(word);
    const next = words[index + 1];
    if (option?.required && value === undefined && isWhole(word, option) && next !== undefined) {
      result.push(next);
      index += 1;
    }
  }
  return result;
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
