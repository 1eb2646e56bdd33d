// @ts-check
// Parses and lints a Dockerfile.   node examples/parse-and-lint.mjs [FILE]
import { readFileSync } from "node:fs";
import { formatDiagnostic, lintDockerfile, parseDockerfile } from "@tsbuild/parser";

const file = process.argv[2] ?? "Dockerfile";
const text = readFileSync(file, "utf8");
const { dockerfile, diagnostics } = parseDockerfile(text);

for (const diagnostic of [...diagnostics, ...lintDockerfile(text)])
  console.log(formatDiagnostic(diagnostic, text, { fileName: file }));
for (const stage of dockerfile.stages)
  for (const instruction of stage.instructions)
    if (instruction.kind === "copy")
      console.log(`line ${instruction.range.start.line}: to ${instruction.destination.text}`);
