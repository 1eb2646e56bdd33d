/** The shortest form of a path: without empty and `.` parts, `..` taken back where it can be, no slash at the end (Go's `path.Clean`). */
export function cleanPath(path: string): string {
  if (!needsCleaning(path)) return path;
  const isAbsolute = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!isAbsolute) parts.push(part);
  }
  const cleaned = parts.join("/");
  if (isAbsolute) return `/${cleaned}`;
  return cleaned === "" ? "." : cleaned;
}

/** A part that is empty or begins with a dot; a path that matches nothing of it is clean. */
function needsCleaning(path: string): boolean {
  return path === "" || path.startsWith(".") || path.includes("/.") || path.includes("//") || path.endsWith("/");
}
