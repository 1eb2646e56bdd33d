import type { AbortOptions } from "@tsbuild/oci";
import { type RepositoryContext, repositoryRequest } from "./context.ts";
import { expectStatus, invalidAnswer, isRecord, readJson } from "./transport/answer.ts";
import type { RegistryRequest } from "./transport/auth.ts";
import { resolveLocation } from "./transport/redirect.ts";

const PAGE_SIZE = 1000;
const MAX_PAGES = 10_000;
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** The tags of a repository, page by page; within a page in alphabetical order. No tag comes twice. */
export async function* listTags(
  context: RepositoryContext,
  { signal }: AbortOptions = {},
): AsyncIterable<string> & AsyncGenerator<string> {
  const purpose = `list the tags of ${context.name}`;
  const query = { n: String(PAGE_SIZE) };
  let request = repositoryRequest(context, { method: "GET", path: "tags/list", purpose, query, signal });
  const seen = new Set<string>();
  for (let page = 0; page < MAX_PAGES; page++) {
    const { tags, next } = await readPage(context, request);
    const fresh = tags.filter((tag) => !seen.has(tag));
    for (const tag of fresh) seen.add(tag);
    yield* fresh;
    // A page without anything new: some registries forget the cursor and send the same page for ever.
    if (next === undefined || fresh.length === 0) return;
    request = { ...request, url: next };
  }
  throw invalidAnswer(request, `more than ${MAX_PAGES} pages of tags`);
}

async function readPage(
  context: RepositoryContext,
  request: RegistryRequest,
): Promise<{ readonly tags: readonly string[]; readonly next: URL | undefined }> {
  const response = await expectStatus(request, await context.transport.send(request), [200]);
  const json = await readJson(request, response.body, MAX_PAGE_BYTES);
  const list = isRecord(json) ? (json.tags ?? []) : undefined;
  if (!Array.isArray(list)) throw invalidAnswer(request, "no list of tags");
  // Nexus sends null, Artifactory digests.
  const tags = list.filter((tag): tag is string => typeof tag === "string" && /^[\w][\w.-]{0,127}$/.test(tag));
  return { tags: tags.sort(), next: nextPage(request, response.headers.link) };
}

/** The `next` link (RFC 8288), which must stay with the registry: the token goes there too. */
function nextPage(request: RegistryRequest, link: string | undefined): URL | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(link ?? "")?.[1];
  if (target === undefined) return undefined;
  const url = resolveLocation(request, target);
  if (url.origin !== request.endpoint.base.origin) throw invalidAnswer(request, "the next page lies on another host");
  return url;
}
