import { type AbortOptions, type Descriptor, type ImageSource, TsbuildError } from "@tsbuild/oci";
import { isRecord } from "../transport/answer.ts";
import { readPublicKey } from "./keys.ts";
import { type SignatureRequirement, type VerifiedSignature, verifyImage } from "./verify-image.ts";

/** What is asked of the images of a repository. */
export type PolicyRule = "accept" | "reject" | SignatureRequirement;

/** Which images may be used: by their signatures, per repository. */
export interface SignaturePolicy {
  /** The rule for `registry/repository`: that of the longest name that it lies below, else the default. */
  ruleFor(name: string): PolicyRule;
}

/**
 * Reads a policy:
 *
 * ```json
 * {
 *   "default": "reject",
 *   "repositories": {
 *     "docker.io/library": "accept",
 *     "registry.example/team": { "keys": ["team.pub"] },
 *     "registry.example/team/app": { "roots": ["ca.pem"], "identities": ["ci@example.com"], "annotations": { "env": "prod" } }
 *   }
 * }
 * ```
 *
 * @param readText Reads a file that the policy names: a public key or certificates, PEM.
 * @throws TsbuildError POLICY_INVALID, KEY_INVALID, and those of `readText`
 */
export function parsePolicy(text: string, readText: (path: string) => string): SignaturePolicy {
  const { default: fallback = "reject", repositories = {}, ...others } = parseObject(text);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalid(`${JSON.stringify(unknown)} is unknown`);
  if (!isRecord(repositories)) throw invalid('"repositories" is no object');
  const defaultRule = readRule(fallback, "default", readText);
  const rules = Object.entries(repositories)
    .map(([name, rule]) => ({ name: name.replace(/\/+$/, ""), rule: readRule(rule, name, readText) }))
    .sort((a, b) => b.name.length - a.name.length);
  return {
    ruleFor: (wanted) =>
      rules.find(({ name }) => wanted === name || wanted.startsWith(`${name}/`))?.rule ?? defaultRule,
  };
}

/**
 * Checks that an image may be used under `name` (`registry/repository`).
 * @returns The signatures that were asked for; none where none are.
 * @throws TsbuildError POLICY_REJECTED, SIGNATURE_MISSING, SIGNATURE_INVALID
 */
export async function enforcePolicy(
  policy: SignaturePolicy,
  source: ImageSource,
  subject: Descriptor,
  { name, signal }: AbortOptions & { readonly name: string },
): Promise<readonly VerifiedSignature[]> {
  const rule = policy.ruleFor(name);
  if (rule === "accept") return [];
  if (rule === "reject") throw new TsbuildError("POLICY_REJECTED", `the policy lets nobody use images of ${name}`);
  return verifyImage(source, subject, { requirement: rule, reference: name, signal });
}

function readRule(value: unknown, at: string, readText: (path: string) => string): PolicyRule {
  if (value === "accept" || value === "reject") return value;
  if (!isRecord(value)) throw invalid(`the rule for ${at} is neither "accept", "reject" nor an object`);
  const { keys, roots, identities, annotations, ...others } = value;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalid(`the rule for ${at}: ${JSON.stringify(unknown)} is unknown`);
  const requirement = {
    keys: textsOf(keys, at).map((path) => readPublicKey(readText(path))),
    roots: textsOf(roots, at).map(readText),
    identities: textsOf(identities, at),
    annotations: annotationsOf(annotations, at),
  };
  // A rule that asks for nothing would let nobody in: surely a mistake.
  if (requirement.keys.length + requirement.roots.length === 0)
    throw invalid(`the rule for ${at} names no key and no root`);
  return requirement;
}

function textsOf(value: unknown, at: string): readonly string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw invalid(`the rule for ${at}: a list of texts is expected`);
}

function annotationsOf(value: unknown, at: string): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (isRecord(value) && Object.values(value).every((item) => typeof item === "string"))
    return value as Readonly<Record<string, string>>;
  throw invalid(`the rule for ${at}: annotations are names and texts`);
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(text);
    if (isRecord(json)) return json;
  } catch (cause) {
    throw invalid("it is not JSON", cause);
  }
  throw invalid("it is no JSON object");
}

function invalid(reason: string, cause?: unknown): TsbuildError<"POLICY_INVALID"> {
  return new TsbuildError(
    "POLICY_INVALID",
    `the policy cannot be read: ${reason}`,
    cause === undefined ? {} : { cause },
  );
}
