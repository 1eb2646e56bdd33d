import { expect, test } from "vitest";
import { parseEndpoint } from "./endpoint.ts";

test.each([
  ["debian:12", { kind: "registry", reference: "debian:12" }],
  ["localhost:5000/a/b@sha256:00", { kind: "registry", reference: "localhost:5000/a/b@sha256:00" }],
  ["docker://ghcr.io/a:1", { kind: "registry", reference: "ghcr.io/a:1" }],
  ["docker:latest", { kind: "registry", reference: "docker:latest" }],
  ["store:app:1", { kind: "store", name: "app:1" }],
  ["oci:./out", { kind: "layout", path: "./out", name: undefined }],
  ["oci:/tmp/x:hello:1", { kind: "layout", path: "/tmp/x", name: "hello:1" }],
  ["oci-archive:a.tar:v1", { kind: "oci-archive", path: "a.tar", name: "v1" }],
  ["docker-archive:a.tar:localhost:5000/a:1", { kind: "docker-archive", path: "a.tar", name: "localhost:5000/a:1" }],
])("%s", (text, endpoint) => {
  expect(parseEndpoint(text)).toEqual(endpoint);
});

test.each(["https://example.com/a", "dir:/tmp/x"])("refuses %s", (text) => {
  expect(() => parseEndpoint(text)).toThrow(expect.objectContaining({ code: "USAGE" }));
});
