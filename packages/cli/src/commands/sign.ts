import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseReference } from "@tsbuild/oci";
import type { SignOptions } from "@tsbuild/registry-client";
import type { Command } from "commander";
import { collect } from "../arguments/fields.ts";
import { parseLabels } from "../arguments/key-value.ts";
import type { Context } from "../context.ts";
import { readKeyPassword } from "../key-password.ts";
import { openTargetPlace } from "../place.ts";
import { withSession } from "../session.ts";
import { usageError } from "../usage-error.ts";

interface Options {
  readonly key: string;
  readonly certificate?: string;
  readonly annotation?: readonly string[];
  readonly as?: string;
  readonly tag?: boolean;
  readonly passwordStdin?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .argument("<image>", "REFERENCE of a registry, or oci:FOLDER[:NAME]: the image or index as a whole")
    .requiredOption("--key <file>", "private key (PEM), or key and certificates together (.p12, .pfx)")
    .option("--certificate <file>", "the certificate of the key and the authorities behind it, PEM")
    .option("--annotation <name=value>", "said and signed too; repeatable", collect)
    .option("--as <name>", "REGISTRY/REPOSITORY that is signed for (default: that of the image)")
    .option("--tag", "also under the tag where cosign and skopeo look that know no referrers")
    .option("--password-stdin", "read the key's password from stdin (default: TSBUILD_KEY_PASSWORD)")
    .action((image: string, options: Options) => sign(context, image, options));
}

async function sign(context: Context, text: string, options: Options): Promise<void> {
  const { signal } = context;
  const { signImage } = await import("@tsbuild/registry-client");
  const signer = await readSigner(context, options);
  await withSession(context, async (session) => {
    const place = await openTargetPlace(session, context, text);
    const reference = signedName(options.as ?? place.content.name, text);
    const subject = await place.content.resolve(place.name, { signal });
    const annotations = parseLabels(options.annotation ?? []);
    const { tag = false } = options;
    const signature = await signImage(place.content, subject, { ...signer, reference, annotations, tag, signal });
    context.note(`signed ${reference}@${subject.digest}`);
    context.print(signature.digest);
  });
}

async function readSigner(context: Context, options: Options): Promise<Pick<SignOptions, "key" | "certificates">> {
  const { readPkcs12, readPrivateKey } = await import("@tsbuild/registry-client");
  const { cwd } = context.terminal;
  const file = resolve(cwd, options.key);
  const password = await readKeyPassword(context, options);
  if (/\.(?:p12|pfx)$/i.test(file)) {
    const { key, certificates } = readPkcs12(file, password ?? "");
    return { key: readPrivateKey(key), certificates };
  }
  const certificates =
    options.certificate === undefined ? {} : { certificates: readPem(resolve(cwd, options.certificate)) };
  return { key: readPrivateKey(readText(file), password), ...certificates };
}

/** `registry/repository`, defaults filled in. */
function signedName(text: string | undefined, image: string): string {
  if (text === undefined)
    throw usageError(`${image} has no name of a registry`, { hint: "say --as REGISTRY/REPOSITORY" });
  const { registry, repository } = parseReference(text);
  return `${registry}/${repository}`;
}

function readPem(file: string): readonly string[] {
  return readText(file).match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}

/** Reads a small file that a flag names. @throws TsbuildError USAGE */
export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw usageError(`cannot read ${file}`, { cause });
  }
}
