import { blobRoute, openUpload, uploadRoute } from "./blob-routes.ts";
import { type Exchange, errorReply, jsonReply, type Reply } from "./exchange.ts";
import { NAME } from "./keys.ts";
import { catalogRoute, tagsRoute } from "./list-routes.ts";
import { manifestRoute, referrersRoute } from "./manifest-routes.ts";

type Route = (exchange: Exchange, name: string, rest: string) => Promise<Reply>;

/** What follows the repository's name, the more special first. The last group is handed to the route. */
const ROUTES: readonly (readonly [pattern: RegExp, route: Route])[] = [
  [/^\/v2\/(.+)\/blobs\/uploads\/()$/, (exchange, name) => openUpload(exchange, name)],
  [/^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/, uploadRoute],
  [/^\/v2\/(.+)\/blobs\/([^/]+)$/, blobRoute],
  [/^\/v2\/(.+)\/manifests\/([^/]+)$/, manifestRoute],
  [/^\/v2\/(.+)\/tags\/(list)$/, (exchange, name) => tagsRoute(exchange, name)],
  [/^\/v2\/(.+)\/referrers\/([^/]+)$/, referrersRoute],
];

/** Answers a request as the distribution spec says. */
export async function route(exchange: Exchange): Promise<Reply> {
  const { pathname } = exchange.url;
  if (pathname === "/v2/" || pathname === "/v2") return jsonReply(200, {});
  if (pathname === "/v2/_catalog") return catalogRoute(exchange);
  for (const [pattern, answer] of ROUTES) {
    const match = pattern.exec(pathname);
    if (match === null) continue;
    const [, name = "", rest = ""] = match;
    return NAME.test(name) ? answer(exchange, name, rest) : errorReply(400, "NAME_INVALID", "invalid repository name");
  }
  return errorReply(404, "UNSUPPORTED", "no such path");
}
