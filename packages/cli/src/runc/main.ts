import { runRunc } from "./run-runc.ts";

process.exitCode = await runRunc(process.argv.slice(2), {
  env: process.env,
  print: (text) => process.stdout.write(`${text}\n`),
  complain: (text) => process.stderr.write(`tsbuild-runc: ${text}\n`),
});
