import { expectStatus, invalidAnswer, readJson } from "./transport/answer.ts";
import type { RegistryRequest } from "./transport/auth.ts";
import type { HttpResponse } from "./transport/http.ts";
import { resolveLocation } from "./transport/redirect.ts";
import type { Transport } from "./transport/transport.ts";

/** How many entries a page shall have: the most that all known registries allow. */
export const PAGE_SIZE = 1000;

const MAX_PAGES = 10_000;
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** One page of a list, as the registry sent it. */
export interface Page {
  readonly json: unknown;
  readonly response: HttpResponse;
  readonly request: RegistryRequest;
}

/**
 * Reads a list page by page: the `next` link of each answer leads to the next. Ends also where `isNew` finds nothing in
 * a page that was not there before: some registries forget the cursor and send the same page for ever.
 */
export async function* readPages(
  transport: Transport,
  first: RegistryRequest,
  isNew: (page: Page) => boolean,
): AsyncGenerator<Page> {
  let request = first;
  for (let count = 0; count < MAX_PAGES; count++) {
    const response = await expectStatus(request, await transport.send(request), [200]);
    const page = { json: await readJson(request, response.body, MAX_PAGE_BYTES), response, request };
    const next = nextPage(request, response.headers.link);
    const fresh = isNew(page);
    yield page;
    if (next === undefined || !fresh) return;
    request = { ...request, url: next };
  }
  throw invalidAnswer(request, `a list of more than ${MAX_PAGES} pages`);
}

/** The `next` link (RFC 8288), which must stay with the registry: the token goes there too. */
function nextPage(request: RegistryRequest, link: string | undefined): URL | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(link ?? "")?.[1];
  if (target === undefined) return undefined;
  const url = resolveLocation(request, target);
  if (url.origin !== request.endpoint.base.origin) throw invalidAnswer(request, "the next page lies on another host");
  return url;
}
