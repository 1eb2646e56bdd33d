import type { ClientEvent } from "../event.ts";
import type { HttpResponse } from "./http.ts";

/** Longer texts and more of them than this are nothing that a person would read. */
const MAX_TEXT = 300;
const MAX_WARNINGS = 20;

/** Tells of the warnings that registries send along (distribution spec, "Warnings"), each one once. They are only shown. */
export function createWarnings(onEvent: (event: ClientEvent) => void): (response: HttpResponse) => void {
  const told = new Set<string>();
  return ({ headers, url }) => {
    for (const [, text = ""] of (headers.warning ?? "").matchAll(/\b299 - "((?:[^"\\]|\\.)*)"/g)) {
      const plain = text
        .replaceAll(/\\(.)/g, "$1")
        .replaceAll(/\p{C}+/gu, " ")
        .slice(0, MAX_TEXT);
      if (told.size >= MAX_WARNINGS || told.has(plain)) continue;
      told.add(plain);
      onEvent({ type: "registry.warning", host: url.host, text: plain });
    }
  };
}
