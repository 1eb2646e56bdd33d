import { isAbsolute, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { ALL_RULES, type Diagnostic, type Fix, type LintRule, type Range } from "@tsbuild/parser";
import { version } from "../version.ts";
import type { LintedSource } from "./lint-source.ts";

const LEVELS = { error: "error", warning: "warning", info: "note" } as const;

/** SARIF 2.1.0, as code scanning services take it. */
export function toSarif(linted: readonly LintedSource[]): unknown {
  const driver = { name: "tsbuild", version: version(), rules: ALL_RULES.map(describeRule) };
  const results = linted.flatMap(({ source, diagnostics }) => {
    return diagnostics.map((diagnostic) => resultOf(diagnostic, uriOf(source.fileName)));
  });
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{ tool: { driver }, columnKind: "utf16CodeUnits", results }],
  };
}

function describeRule({ id, title, url, severity = "warning", experimental = false }: LintRule): unknown {
  return {
    id,
    shortDescription: { text: title },
    ...(url === undefined ? {} : { helpUri: url }),
    defaultConfiguration: { enabled: !experimental, level: LEVELS[severity] },
  };
}

/** Errors of the parser have no record among the rules. */
function resultOf({ code, severity, message, range, hint, fix }: Diagnostic, uri: string): unknown {
  const ruleIndex = ALL_RULES.findIndex(({ id }) => id === code);
  return {
    ruleId: code,
    ...(ruleIndex < 0 ? {} : { ruleIndex }),
    level: LEVELS[severity],
    message: { text: hint === undefined ? message : `${message}: ${hint}` },
    locations: [{ physicalLocation: { artifactLocation: { uri }, region: regionOf(range) } }],
    ...(fix === undefined ? {} : { fixes: [fixOf(fix, uri)] }),
  };
}

function fixOf({ title, edits }: Fix, uri: string): unknown {
  const replacements = edits.map(({ range, newText }) => {
    return { deletedRegion: regionOf(range), insertedContent: { text: newText } };
  });
  return { description: { text: title }, artifactChanges: [{ artifactLocation: { uri }, replacements }] };
}

/** Lines and columns from 1 on, the end not included. */
function regionOf({ start, end }: Range): unknown {
  return { startLine: start.line, startColumn: start.column + 1, endLine: end.line, endColumn: end.column + 1 };
}

function uriOf(fileName: string): string {
  if (isAbsolute(fileName)) return pathToFileURL(fileName).href;
  return fileName.split(sep).map(encodeURIComponent).join("/");
}
