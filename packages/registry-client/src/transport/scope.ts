/** The right to do `actions` in a repository, as token servers write it: `repository:library/node:pull,push`. */
export function repositoryScope(repository: string, ...actions: readonly ("pull" | "push")[]): string {
  return `repository:${repository}:${actions.join(",")}`;
}

/** Joins scopes, the actions on one resource in one scope, in a stable order. */
export function mergeScopes(...lists: readonly (readonly string[])[]): string[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of lists.flat()) {
    const colon = scope.lastIndexOf(":");
    const resource = scope.slice(0, Math.max(colon, 0));
    const known = actions.get(resource) ?? new Set();
    for (const action of scope.slice(colon + 1).split(",")) known.add(action);
    actions.set(resource, known);
  }
  return [...actions].map(([resource, set]) => (resource ? `${resource}:` : "") + [...set].sort().join(",")).sort();
}
