/**
 * What the comment above a FROM or ARG says of `name`: the rest of the first line that begins with it. Undefined where no
 * line does, or the stage has no name.
 */
export function describedBy(comments: readonly string[], name: string | undefined): string | undefined {
  if (name === undefined || name === "") return undefined;
  return comments.find((comment) => comment.startsWith(`${name} `))?.slice(name.length + 1);
}
