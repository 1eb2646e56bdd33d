import { statSync } from "node:fs";
import { resolve } from "node:path";
import { usageError } from "../usage-error.ts";
import type { SecretSource } from "./secret.ts";

/**
 * Reads the values of `--ssh default|ID[=SOCKET]`: sockets of agents by id. Without a socket it is the user's agent.
 * @throws TsbuildError USAGE where there is no such socket
 */
export function readAgents(specs: readonly string[], { env, cwd }: SecretSource): Record<string, string> {
  return Object.fromEntries(
    specs.map((spec) => {
      const cut = spec.indexOf("=");
      const id = cut === -1 ? spec : spec.slice(0, cut);
      if (id === "") throw usageError(`--ssh ${spec}: the id is missing`, { hint: "say --ssh default" });
      const place = cut === -1 ? env.SSH_AUTH_SOCK : resolve(cwd, spec.slice(cut + 1));
      if (place === undefined || place === "")
        throw usageError(`--ssh ${spec}: SSH_AUTH_SOCK is not set`, { hint: 'start an agent: eval "$(ssh-agent)"' });
      return [id, assertSocket(place, spec)];
    }),
  );
}

function assertSocket(place: string, spec: string): string {
  const stat = statSync(place, { throwIfNoEntry: false });
  if (stat?.isSocket()) return place;
  if (stat === undefined) throw usageError(`--ssh ${spec}: there is no ${place}`);
  throw usageError(`--ssh ${spec}: ${place} is not the socket of an agent`, {
    hint: "give a key to an agent (ssh-add FILE) and name the agent's socket",
  });
}
