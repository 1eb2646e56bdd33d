import { type AbortOptions, type Descriptor, isDigest, type ReferrersOptions } from "@tsbuild/oci";
import { type RepositoryContext, repositoryRequest } from "./context.ts";
import { RegistryError } from "./error.ts";
import { isManifest } from "./manifests.ts";
import { type Page, readPages } from "./pages.ts";
import { invalidAnswer, isRecord } from "./transport/answer.ts";

/** Answers that mean "I have no such API": Artifactory 406, Quay 400, ECR 405. */
const NO_SUCH_API = new Set([400, 404, 405, 406, 501]);

/**
 * The manifests that have `subject` as their subject (distribution-spec, "Listing Referrers"). Undefined: the registry
 * knows nothing of referrers.
 */
export async function fetchReferrers(
  context: RepositoryContext,
  subject: Descriptor,
  { artifactType, signal }: ReferrersOptions = {},
): Promise<readonly Descriptor[] | undefined> {
  const request = repositoryRequest(context, {
    method: "GET",
    path: `referrers/${subject.digest}`,
    purpose: `list the referrers of ${context.name}@${subject.digest}`,
    ...(artifactType === undefined ? {} : { query: { artifactType } }),
    signal,
  });
  const found = new Map<string, Descriptor>();
  const isNew = (page: Page): boolean => {
    const before = found.size;
    for (const referrer of descriptorsOf(page)) found.set(referrer.digest, referrer);
    return found.size > before;
  };
  try {
    for await (const _ of readPages(context.transport, request, isNew));
  } catch (error) {
    if (error instanceof RegistryError && NO_SUCH_API.has(error.status)) return undefined;
    throw error;
  }
  const all = [...found.values()];
  // A registry may filter, and may as well not: what came is sifted anyway.
  return artifactType === undefined ? all : all.filter((referrer) => referrer.artifactType === artifactType);
}

/** Tells whether the registry keeps lists of referrers, by asking for those of a digest that cannot be there. */
export async function hasReferrersApi(context: RepositoryContext, options: AbortOptions = {}): Promise<boolean> {
  const digest = `sha256:${"0".repeat(64)}` as const;
  context.learnt.referrers ??=
    (await fetchReferrers(context, { mediaType: "", digest, size: 0 }, options)) !== undefined;
  return context.learnt.referrers;
}

function descriptorsOf({ json, request }: Page): readonly Descriptor[] {
  const list = isRecord(json) ? json.manifests : undefined;
  if (!Array.isArray(list)) throw invalidAnswer(request, "no list of manifests");
  return list.filter(isDescriptor);
}

function isDescriptor(value: unknown): value is Descriptor {
  if (!isRecord(value)) return false;
  const { mediaType, digest, size } = value;
  return (
    typeof mediaType === "string" &&
    isDigest(digest) &&
    Number.isSafeInteger(size) &&
    isManifest({ mediaType, digest, size: Number(size) })
  );
}
