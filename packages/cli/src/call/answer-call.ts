import type { CompileOptions, DockerfileOptions, Outline, TargetList } from "@tsbuild/builder";
import { hostPlatform, parsePlatform } from "@tsbuild/oci";
import { parseDockerfile } from "@tsbuild/parser";
import type { DockerfileRequest } from "../commands/dockerfile-flags.ts";
import { withBuilder } from "../commands/solve-flags.ts";
import type { Context } from "../context.ts";
import { lintSource } from "../lint/lint-source.ts";
import { renderDiagnostic, SourceError, type SourceText } from "../report.ts";
import { withSession } from "../session.ts";
import { formatTable } from "../text/table.ts";
import { firstOf, lintOptionsOf } from "./lint-options.ts";
import type { Call } from "./parse-call.ts";

/** Tells what is asked of a Dockerfile: text for people, or BuildKit's JSON. Nothing is built, no registry is asked. */
export async function answerCall(context: Context, request: DockerfileRequest, call: Call): Promise<void> {
  const { options } = request;
  const source = request.source() ?? (await fetchSource(context, request));
  try {
    if (call.method === "check") await check(context, { options, source }, call);
    else await describe(context, { options, source }, call);
  } catch (error) {
    throw new SourceError(source, { cause: error });
  }
}

/** A Dockerfile whose text is known. */
interface KnownDockerfile {
  readonly options: DockerfileOptions;
  readonly source: SourceText;
}

/** The Dockerfile of a context that is elsewhere. */
async function fetchSource(context: Context, { options }: DockerfileRequest): Promise<SourceText> {
  const { text } = await withSession(context, (session) =>
    withBuilder(context, session, {}, (builder) => builder.readDockerfile(options)),
  );
  return { fileName: options.dockerfile ?? "Dockerfile", text };
}

/** BuildKit's rules, as `docker build --check` has them: whatever is found, the exit code is 1. */
async function check(context: Context, { options, source }: KnownDockerfile, { format }: Call): Promise<void> {
  const lintOptions = lintOptionsOf(options);
  if (format === "json") {
    const { checkDockerfile } = await import("@tsbuild/builder");
    const result = checkDockerfile(parseDockerfile(source.text), source, lintOptions);
    context.print(JSON.stringify(result, null, 2));
    if (result.warnings.length > 0 || result.buildError !== undefined) context.exit(1);
    return;
  }
  const { diagnostics } = lintSource(source, lintOptions);
  const color = context.terminal.stdout.isTTY && context.settings().color;
  for (const diagnostic of diagnostics) context.print(`${renderDiagnostic(diagnostic, source, { color })}\n`);
  const count = diagnostics.length === 1 ? "1 warning has" : `${diagnostics.length} warnings have`;
  context.print(`Check complete, ${diagnostics.length === 0 ? "no warnings found." : `${count} been found!`}`);
  if (diagnostics.length > 0) context.exit(1);
}

async function describe(context: Context, { options, source }: KnownDockerfile, call: Call): Promise<void> {
  const { listTargets, outlineDockerfile } = await import("@tsbuild/builder");
  const parsed = parseDockerfile(source.text);
  const isOutline = call.method === "outline";
  const answer = isOutline
    ? outlineDockerfile(parsed, source.text, compileOptions(options))
    : listTargets(parsed, source.text);
  if (call.format === "json") context.print(JSON.stringify(answer, null, 2));
  else context.print("targets" in answer ? targetsText(answer) : outlineText(answer));
}

function compileOptions({ platform, target, buildArgs, namedContexts = {} }: DockerfileOptions): CompileOptions {
  // That a context is there is enough to know: nothing is read from it.
  const contexts = Object.entries(namedContexts).map(([name, place]) => [
    name,
    typeof place === "string" ? place : name,
  ]);
  return {
    platform: platform === undefined ? hostPlatform() : parsePlatform(firstOf(platform)),
    buildPlatform: hostPlatform(),
    ...(target === undefined ? {} : { target }),
    ...(buildArgs === undefined ? {} : { buildArgs }),
    namedContexts: Object.fromEntries(contexts),
  };
}

function targetsText({ targets }: TargetList): string {
  const rows = targets.map(({ name, default: isDefault, description = "" }) => {
    const label = [name, isDefault ? "(default)" : undefined].filter((part) => part !== undefined).join(" ");
    return [label, description];
  });
  return formatTable([["TARGET", "DESCRIPTION"], ...rows]);
}

function outlineText({ name, description, args = [], secrets = [], ssh = [] }: Outline): string {
  const head = [
    ["TARGET:", name ?? "(default)"],
    ...(description === undefined ? [] : [["DESCRIPTION:", description]]),
  ];
  const argRows = args.map(({ name: arg, value = "", description: about = "" }) => [arg, value, about]);
  const required = (list: typeof secrets) => list.map((item) => [item.name, item.required ? "true" : ""]);
  return [
    head,
    ...(args.length === 0 ? [] : [[["BUILD ARG", "VALUE", "DESCRIPTION"], ...argRows]]),
    ...(secrets.length === 0 ? [] : [[["SECRET", "REQUIRED"], ...required(secrets)]]),
    ...(ssh.length === 0 ? [] : [[["SSH", "REQUIRED"], ...required(ssh)]]),
  ]
    .map(formatTable)
    .join("\n\n");
}
