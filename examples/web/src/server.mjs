// Serves the rendered page; with --check it asks itself, for HEALTHCHECK.
import { readFileSync } from "node:fs";
import { createServer, get } from "node:http";

const port = Number(process.env.PORT ?? 8080);

if (process.argv.includes("--check")) {
  get({ host: "127.0.0.1", port }, (answer) => process.exit(answer.statusCode === 200 ? 0 : 1)).on("error", () =>
    process.exit(1),
  );
} else {
  const page = readFileSync(new URL("public/index.html", import.meta.url));
  const server = createServer((_request, answer) => {
    answer.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
  });
  server.listen(port, () => console.log(`listening on ${port} as uid ${process.getuid()}`));
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => server.close(() => process.exit(0)));
}
