/**
 * Where the compiled form of a worker's source lies, for `new Worker(...)`: Node runs no TypeScript, so a worker started
 * from `src/` (tests run from source) is taken from `dist/`, which the build has made before.
 *
 * @param from The caller's `import.meta.url`.
 * @param source The worker's source relative to the caller, `./name-worker.ts`.
 */
export function workerUrl(from: string, source: string): URL {
  const url = new URL(source, from).href;
  const compiled = url.replace(/\.ts$/, ".js");
  return new URL(from.endsWith(".ts") ? compiled.replace(/\/src\/(?!.*\/src\/)/, "/dist/") : compiled);
}
