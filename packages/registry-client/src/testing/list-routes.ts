import { type Exchange, errorReply, jsonReply, type Reply } from "./exchange.ts";
import { tagKey } from "./keys.ts";

/** GET of `/v2/<name>/tags/list`, in pages. */
export async function tagsRoute(exchange: Exchange, name: string): Promise<Reply> {
  const tags = await exchange.storage.list(tagKey(name, ""));
  if (tags.length === 0 && (await exchange.storage.list(`repositories/${name}/`)).length === 0) {
    return errorReply(404, "NAME_UNKNOWN", "repository name not known to registry");
  }
  const { page, headers } = onePage(exchange, tags);
  return jsonReply(200, { name, tags: page }, headers);
}

/** GET of `/v2/_catalog`, in pages. */
export async function catalogRoute(exchange: Exchange): Promise<Reply> {
  const keys = await exchange.storage.list("repositories/");
  const names = new Set(keys.map((key) => key.replace(/\/_(?:blobs|manifests|tags)\/.*$/, "")));
  const { page, headers } = onePage(exchange, [...names]);
  return jsonReply(200, { repositories: page }, headers);
}

/** The page that `n` and `last` ask for, and the link to the next. */
function onePage({ url }: Exchange, all: readonly string[]) {
  const last = url.searchParams.get("last") ?? "";
  const size = Number(url.searchParams.get("n") ?? Number.POSITIVE_INFINITY);
  const rest = [...all].sort().filter((name) => name > last);
  const page = rest.slice(0, size);
  const next = new URLSearchParams({ n: String(size), last: page.at(-1) ?? "" });
  const link = `<${url.pathname}?${next}>; rel="next"`;
  return { page, headers: page.length > 0 && page.length < rest.length ? { link } : {} };
}
