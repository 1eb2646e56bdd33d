import type { AbortOptions, Bytes } from "@tsbuild/oci";

/** What a server answered. */
export interface DownloadResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Bytes;
}

/** Gets `url`, redirects followed. It opens the only sockets that the builder has besides the registry's. */
export type Download = (
  url: string,
  options: AbortOptions & { readonly headers: Readonly<Record<string, string>> },
) => Promise<DownloadResponse>;

/** A download through the fetch of Node itself. */
export function fetchDownload(): Download {
  return async (url, { headers, signal }) => {
    const response = await fetch(url, { headers, signal: signal ?? null, redirect: "follow" });
    return { status: response.status, headers: new Map(response.headers), body: bytesOfBody(response.body) };
  };
}

async function* bytesOfBody(body: ReadableStream<Uint8Array> | null): Bytes & AsyncGenerator<Uint8Array> {
  if (body !== null) for await (const chunk of body) yield chunk;
}
