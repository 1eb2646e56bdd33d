import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { bytesOf } from "./build-case-files.ts";
import type { CaseStep, ServedFile } from "./build-case-format.ts";

/** A server for the files of one step. */
export interface CaseServer {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  close(): Promise<void>;
}

/** Serves files as a case describes them: with an ETag, a time where it names one, 304 where nothing changed. */
export async function serveFiles(files: NonNullable<CaseStep["http_server"]>): Promise<CaseServer> {
  const server = createServer((request, response) => {
    const file = files[new URL(request.url ?? "/", "http://server").pathname];
    if (file === undefined) response.writeHead(404).end();
    else if (isSame(file, request.headers["if-none-match"])) response.writeHead(304, headersOf(file)).end();
    else response.writeHead(200, headersOf(file)).end(bytesOf(file));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

function isSame({ Etag }: ServedFile, given: string | undefined): boolean {
  return Etag !== undefined && given === `"${Etag}"`;
}

function headersOf({ Etag, LastModified }: ServedFile): Record<string, string> {
  const time = typeof LastModified === "string" ? new Date(LastModified) : new Date(Date.UTC(2020, 1, 1));
  return {
    ...(Etag === undefined ? {} : { etag: `"${Etag}"` }),
    ...(LastModified === undefined ? {} : { "last-modified": time.toUTCString() }),
  };
}
