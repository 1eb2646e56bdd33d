import type { AbortOptions } from "@tsbuild/oci";
import { type RegistryContext, type RepositoryContext, repositoryRequest } from "./context.ts";
import { PAGE_SIZE, type Page, readPages } from "./pages.ts";
import { invalidAnswer, isRecord } from "./transport/answer.ts";
import type { RegistryRequest } from "./transport/auth.ts";
import { endpointUrl } from "./transport/endpoint.ts";
import type { Transport } from "./transport/transport.ts";

const QUERY = { n: String(PAGE_SIZE) };
const TAG = /^[\w][\w.-]{0,127}$/;

/** The tags of a repository, page by page; within a page in alphabetical order. No tag comes twice. */
export function listTags(context: RepositoryContext, { signal }: AbortOptions = {}): AsyncGenerator<string> {
  const purpose = `list the tags of ${context.name}`;
  const request = repositoryRequest(context, { method: "GET", path: "tags/list", purpose, query: QUERY, signal });
  // Nexus sends null, Artifactory digests.
  return listNames(context.transport, request, { member: "tags", pattern: TAG });
}

/** The repositories of a registry, page by page, without its host. Many public registries answer nobody. */
export function listRepositories(context: RegistryContext, { signal }: AbortOptions = {}): AsyncGenerator<string> {
  const { endpoint } = context;
  const request: RegistryRequest = {
    method: "GET",
    url: endpointUrl(endpoint, "_catalog", QUERY),
    purpose: `list the repositories of ${endpoint.registry}`,
    endpoint,
    scopes: ["registry:catalog:*"],
    signal,
  };
  return listNames(context.transport, request, { member: "repositories", pattern: /^[a-z0-9][a-z0-9._/-]*$/ });
}

interface List {
  /** The member of the answer that holds the names. */
  readonly member: string;
  /** What is no name is left out. */
  readonly pattern: RegExp;
}

async function* listNames(transport: Transport, request: RegistryRequest, list: List): AsyncGenerator<string> {
  const seen = new Set<string>();
  let fresh: readonly string[] = [];
  const isNew = (page: Page): boolean => {
    fresh = namesOf(page, list).filter((name) => !seen.has(name));
    for (const name of fresh) seen.add(name);
    return fresh.length > 0;
  };
  for await (const _ of readPages(transport, request, isNew)) yield* fresh;
}

function namesOf({ json, request }: Page, { member, pattern }: List): readonly string[] {
  const list = isRecord(json) ? (json[member] ?? []) : undefined;
  if (!Array.isArray(list)) throw invalidAnswer(request, `no list of ${member}`);
  return list.filter((name): name is string => typeof name === "string" && pattern.test(name)).sort();
}
