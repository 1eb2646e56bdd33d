import { Command, CommanderError } from "commander";
import { withPlainBooleans } from "./arguments/booleans.ts";
import { CATALOGUE, type CatalogueEntry, DOCKER_ONLY, GROUPS } from "./catalogue.ts";
import { type Context, createContext } from "./context.ts";
import { watchInterrupts } from "./interrupts.ts";
import { report } from "./report.ts";
import type { Terminal } from "./terminal.ts";
import { version } from "./version.ts";

/** Exit code of a call that makes no sense. */
const WRONG_USAGE = 2;

/**
 * Runs the command that `argv` (without node and script) asks for and returns the exit code: 0 fine, 1 it failed,
 * 2 wrong usage, 130 interrupted; `run` passes on the code of its process.
 */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const interrupts = watchInterrupts(() =>
    terminal.stderr.write("\ninterrupted: cleaning up (again to stop at once)\n"),
  );
  const { context, exitCode } = createContext(terminal, interrupts);
  const debug = argv[0] === "--debug" || argv[0] === "-D";
  try {
    await dispatch(debug ? argv.slice(1) : argv, context);
    return exitCode();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE;
    return report(error, { terminal, debug });
  } finally {
    interrupts.close();
  }
}

async function dispatch(argv: readonly string[], context: Context): Promise<void> {
  const program = createProgram(context);
  const words = argv[0] === "help" ? [...argv.slice(1), "--help"] : [...argv];
  const found = findCommand(words);
  if (found === undefined) {
    rejectDockerOnly(program, words[0]);
    await program.parseAsync(words, { from: "user" });
    return;
  }
  const command = commandAt(program, found.entry.path);
  (await found.entry.load()).configure(command, context);
  const rest = words.slice(found.length);
  await program.parseAsync([...found.entry.path, ...withPlainBooleans(rest, command)], { from: "user" });
}

/** The entry whose path (or alias) the first words are, and how many words that are. */
function findCommand(words: readonly string[]): { entry: CatalogueEntry; length: number } | undefined {
  for (const entry of CATALOGUE) {
    const parents = entry.path.slice(0, -1);
    const last = words[parents.length];
    const names = [entry.path[parents.length], ...(entry.aliases ?? [])];
    if (names.includes(last) && parents.every((word, index) => words[index] === word)) {
      return { entry, length: entry.path.length };
    }
  }
  return undefined;
}

function createProgram(context: Context): Command {
  const { stdout, stderr } = context.terminal;
  const program = new Command("tsbuild")
    .description("Builds, runs and ships OCI images without a daemon.")
    .version(`tsbuild ${version()}`, "-v, --version", "print the version")
    .option("-D, --debug", "print stack traces with errors")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command...]", "Print help for a command")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    });
  for (const entry of CATALOGUE.filter(({ path }) => path.length === 1)) declare(program, entry);
  for (const [name, summary] of Object.entries(GROUPS)) {
    program.command(name).description(summary).helpCommand(false).enablePositionalOptions();
  }
  for (const entry of CATALOGUE.filter(({ path }) => path.length > 1)) declare(program, entry);
  return program;
}

/** The command's name and summary: all that help for others needs of it. */
function declare(program: Command, { path, aliases = [], summary }: CatalogueEntry): void {
  const parent = commandAt(program, path.slice(0, -1));
  const command = parent
    .command(path.at(-1) ?? "")
    .aliases(aliases)
    .description(summary);
  command.showHelpAfterError(`(see '${["tsbuild", ...path].join(" ")} --help')`);
}

function commandAt(program: Command, path: readonly string[]): Command {
  let command = program;
  for (const word of path) command = command.commands.find((child) => child.name() === word) ?? command;
  return command;
}

function rejectDockerOnly(program: Command, word: string | undefined): void {
  if (word === undefined || !DOCKER_ONLY.includes(word)) return;
  program.error(`error: 'tsbuild ${word}' is not available: tsbuild keeps no containers, networks or volumes`);
}
