// Runs in the build stage: renders the page once, so that the final image holds only what it serves.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
const escapeHtml = (text) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, "index.html"),
  `<!doctype html><title>tsbuild</title><h1>${escapeHtml(process.env.GREETING)}</h1>\n`,
);
console.log(`rendered ${join(folder, "index.html")}`);
