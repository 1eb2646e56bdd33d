import { version } from "./version.ts";

// The entry of the command. Asking for the version loads nothing else: scripts ask for it often.
const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-v")) {
  process.stdout.write(`tsbuild ${version()}\n`);
} else {
  const { main } = await import("./program.ts");
  const { processTerminal } = await import("./terminal.ts");
  process.exitCode = await main(argv, processTerminal());
}
