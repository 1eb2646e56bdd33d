import { quote } from "../text/go-strings.ts";
import type { FlagError } from "./csv.ts";
import { isIpAddress } from "./ip-address.ts";

/** One argument of EXPOSE, after expansion. */
export interface PortSpec {
  /** `port/protocol` each, ranges expanded, protocol in lower case. */
  readonly ports: readonly string[];
  /** The protocol as written; `tcp` where none is. */
  readonly protocol: string;
  /** Whether an address or a host port is given, which EXPOSE ignores. */
  readonly hasMapping: boolean;
}

const MAX_PORT = 65_535;
const PROTOCOLS: readonly string[] = ["tcp", "udp", "sctp"];

/** Reads `80`, `53/udp`, `8000-8003`, `ip:host:container/protocol`. Errors are BuildKit's texts. */
export function parsePortSpec(spec: string): PortSpec | FlagError {
  const parts = spec.split(":");
  const [containerPort = "", rawProtocol = ""] = splitProtocol(parts.at(-1) ?? "");
  const hostPort = parts.at(-2) ?? "";
  const address = parts.slice(0, -2).join(":");
  const protocol = rawProtocol === "" ? "tcp" : rawProtocol;
  const error = checkProtocol(containerPort, protocol);
  if (error !== undefined) return { error: `invalid port: ${quote(spec)}: ${error}` };
  if (address !== "" && !isIpAddress(address.replace(/^\[(.*)\]$/, "$1")))
    return { error: `invalid IP address: ${address}` };
  const range = parseRange(containerPort);
  if (range === undefined) return { error: `invalid containerPort: ${containerPort}` };
  const hostError = hostPort === "" ? undefined : checkHostPort(hostPort, containerPort, range);
  if (hostError !== undefined) return { error: hostError };
  const ports = Array.from(
    { length: range.end - range.start + 1 },
    (_, i) => `${range.start + i}/${protocol.toLowerCase()}`,
  );
  return { ports, protocol, hasMapping: address !== "" || hostPort !== "" };
}

/** The exposed ports of several arguments, in order. */
export function parsePorts(specs: readonly string[]): string[] | FlagError {
  const ports: string[] = [];
  for (const spec of specs) {
    const parsed = parsePortSpec(spec);
    if ("error" in parsed) return parsed;
    ports.push(...parsed.ports);
  }
  return ports;
}

interface PortRange {
  readonly start: number;
  readonly end: number;
}

function splitProtocol(text: string): [string, string] {
  const slash = text.indexOf("/");
  return slash < 0 ? [text, ""] : [text.slice(0, slash), text.slice(slash + 1)];
}

function checkProtocol(port: string, protocol: string): string | undefined {
  if (port === "") return "no port specified";
  return PROTOCOLS.includes(protocol.toLowerCase()) ? undefined : `invalid proto: ${protocol}`;
}

/** A range of host ports may stand for one container port; otherwise both must have the same length. */
function checkHostPort(hostPort: string, containerPort: string, range: PortRange): string | undefined {
  const host = parseRange(hostPort);
  if (host === undefined) return `invalid hostPort: ${hostPort}`;
  if (range.start === range.end || range.end - range.start === host.end - host.start) return undefined;
  return `invalid ranges specified for container and host Ports: ${containerPort} and ${hostPort}`;
}

function parseRange(text: string): PortRange | undefined {
  const dash = text.indexOf("-");
  const start = parsePort(dash < 0 ? text : text.slice(0, dash));
  const end = dash < 0 ? start : parsePort(text.slice(dash + 1));
  return start === undefined || end === undefined || end < start ? undefined : { start, end };
}

function parsePort(text: string): number | undefined {
  if (!/^\+?[0-9]+$/.test(text)) return undefined;
  const port = Number(text);
  return port <= MAX_PORT ? port : undefined;
}
