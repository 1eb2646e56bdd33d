import { dirname, resolve } from "node:path";
import { type Descriptor, parseReference } from "@tsbuild/oci";
import type { VerifiedSignature } from "@tsbuild/registry-client";
import type { Command } from "commander";
import { collect } from "../arguments/fields.ts";
import { parseLabels } from "../arguments/key-value.ts";
import type { Context } from "../context.ts";
import { type SourcePlace, withSourcePlace } from "../place.ts";
import { withSession } from "../session.ts";
import { usageError } from "../usage-error.ts";
import { readText } from "./sign.ts";

interface Options {
  readonly key?: readonly string[];
  readonly root?: readonly string[];
  readonly identity?: readonly string[];
  readonly annotation?: readonly string[];
  readonly policy?: string;
  readonly as?: string;
}

export function configure(command: Command, context: Context): void {
  command
    .argument("<image>", "REFERENCE of a registry, or oci:FOLDER[:NAME]")
    .option("--key <file>", "a public key that is accepted, PEM; repeatable", collect)
    .option("--root <file>", "authorities whose certificates are accepted, PEM; repeatable", collect)
    .option("--identity <name>", "whom a certificate must be for; repeatable: one of them", collect)
    .option("--annotation <name=value>", "what the signer must have said; repeatable", collect)
    .option("--policy <file>", "what is accepted, by repository (instead of the flags above)")
    .option("--as <name>", "REGISTRY/REPOSITORY that it must be signed for (default: that of the image)")
    .action((image: string, options: Options) => verify(context, image, options));
}

function verify(context: Context, text: string, options: Options): Promise<void> {
  return withSession(context, (session) =>
    withSourcePlace(session, context, text, async (place) => {
      const subject = await place.content.resolve(place.name, { signal: context.signal });
      const found = await check(context, { place, subject }, options);
      context.note(`${subject.digest}: ${found.length === 0 ? "needs no signature" : `${found.length} accepted`}`);
      for (const signature of found) context.print(JSON.stringify(signature));
    }),
  );
}

async function check(
  context: Context,
  { place, subject }: { readonly place: SourcePlace; readonly subject: Descriptor },
  options: Options,
): Promise<readonly VerifiedSignature[]> {
  const { enforcePolicy, parsePolicy, readPublicKey, verifyImage } = await import("@tsbuild/registry-client");
  const { signal, terminal } = context;
  const read = (file: string): string => readText(resolve(terminal.cwd, file));
  const name = nameOf(options.as ?? place.content.name);
  if (options.policy !== undefined) {
    const file = resolve(terminal.cwd, options.policy);
    const policy = parsePolicy(readText(file), (path) => readText(resolve(dirname(file), path)));
    if (name === undefined) throw usageError("a policy goes by names", { hint: "say --as REGISTRY/REPOSITORY" });
    return enforcePolicy(policy, place.content, subject, { name, signal });
  }
  const { key = [], root = [], identity: identities = [], annotation = [] } = options;
  if (key.length + root.length === 0) throw usageError("whose signature? Say --key, --root or --policy");
  const keys = key.map((path) => readPublicKey(read(path)));
  const requirement = { keys, roots: root.map(read), identities, annotations: parseLabels(annotation) };
  const reference = name === undefined ? {} : { reference: name };
  return verifyImage(place.content, subject, { requirement, ...reference, signal });
}

function nameOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const { registry, repository } = parseReference(text);
  return `${registry}/${repository}`;
}
