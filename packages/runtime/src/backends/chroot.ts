import type { Forker } from "../native/forker.ts";
import { chrootScript } from "../native/plain-script.ts";
import { defaultFilter } from "../seccomp/default-filter.ts";
import type { Backend } from "./backend.ts";
import { startForeign } from "./foreign-process.ts";
import { conclude } from "./native.ts";
import { placeMounts, restoring } from "./place-mounts.ts";
import { requireFolderRoot, requireHostNetwork } from "./requirements.ts";

/**
 * The back end for root in a container that allows no namespaces: a changed root and the default capabilities, and
 * nothing else. Mounts are copies that are put in their places, so that steps run one at a time.
 */
export function createChrootBackend(forker: Forker): Backend {
  const filter = defaultFilter(forker.host.arch);
  return {
    name: "chroot",
    start: (spec, { terminal, beforeGo }) => {
      const root = requireFolderRoot("chroot", spec);
      requireHostNetwork("chroot", spec);
      // Whoever may change its root can leave this one.
      const confined = { ...spec, capabilities: spec.capabilities.filter((name) => name !== "SYS_CHROOT") };
      const placed = placeMounts(forker.host, root, spec);
      return restoring(placed, () =>
        startForeign(forker, {
          terminal,
          beforeGo,
          endChildren: true,
          script: (device) =>
            chrootScript(confined, root, {
              arch: forker.host.arch,
              terminal: device,
              filter: spec.privileged ? undefined : filter,
            }),
          conclude: (end, script) => conclude(end, script, spec),
        }),
      );
    },
  };
}
