import { TsbuildError } from "@tsbuild/oci";
import type { Command } from "commander";
import { acceptSilently, acceptWithWarning } from "../arguments/accepted.ts";
import { collect } from "../arguments/fields.ts";
import type { Context } from "../context.ts";
import { renderError } from "../report.ts";
import { runContainer } from "../run/run-container.ts";
import { usageError } from "../usage-error.ts";

/** The flags of `run`. */
export interface RunFlags {
  readonly env?: readonly string[];
  readonly envFile?: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  readonly entrypoint?: string;
  readonly volume?: readonly string[];
  readonly mount?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly interactive?: boolean;
  readonly tty?: boolean;
  readonly network?: string;
  readonly hostname?: string;
  readonly addHost?: readonly string[];
  readonly platform?: string;
  readonly pull?: string;
  readonly privileged?: boolean;
  readonly runtime?: string;
  readonly publish?: readonly string[];
  readonly detach?: boolean;
  readonly quiet?: boolean;
}

const WITHOUT_EFFECT = [
  ...["--name <name>", "--init", "--sig-proxy", "-a, --attach <stream>", "-l, --label <label>", "--label-file <file>"],
  ...["--disable-content-trust", "--stop-timeout <seconds>", "--no-healthcheck", "--cidfile <file>"],
];
const NOT_AVAILABLE = [
  ...["-m, --memory <size>", "--memory-swap <size>", "--cpus <n>", "-c, --cpu-shares <n>", "--cpuset-cpus <set>"],
  ...["--pids-limit <n>", "--shm-size <size>", "--ulimit <limit>", "--restart <policy>", "--log-driver <name>"],
  ...["--log-opt <option>", "--dns <address>", "--oom-kill-disable", "--expose <port>", "-P, --publish-all"],
];

export function configure(command: Command, context: Context): void {
  command
    .helpOption("--help", "print help")
    .argument("<image>", "name or id; fetched where it is missing")
    .argument("[args...]", "the command, in place of the image's")
    .passThroughOptions()
    .option("-e, --env <name=value>", "a variable; a bare name takes the host's value", collect)
    .option("--env-file <file>", "variables, one a line", collect)
    .option("-w, --workdir <path>", "working directory")
    .option("-u, --user <user>", "user[:group], names or numbers")
    .option("--entrypoint <path>", "in place of the image's entrypoint and command")
    .option("-v, --volume <source:target>", "a folder of this machine[:ro]", collect)
    .option("--mount <spec>", "type=bind,src=...,dst=...[,readonly] or type=tmpfs,dst=...", collect)
    .option("--tmpfs <path>", "memory at this path[:size=64m]", collect)
    .option("--rm", "accepted: what the process wrote is always forgotten")
    .option("-i, --interactive", "pass stdin on")
    .option("-t, --tty", "give it a terminal")
    .option("--network <mode>", "default, host or none")
    .option("--net <mode>", "the same")
    .option("-h, --hostname <name>", "host name")
    .option("--add-host <host:address>", "a line of /etc/hosts", collect)
    .option("--platform <platform>", "os/arch[/variant]", context.terminal.env.DOCKER_DEFAULT_PLATFORM)
    .option("--pull <when>", "always, missing or never", "missing")
    .option("--privileged", "all capabilities, nothing masked")
    .option("--runtime <name>", "native, crun or runc")
    .option("-p, --publish <ports>", "accepted with the host's network, where every port is open already", collect)
    .option("-d, --detach", "not available")
    .option("-q, --quiet", "show no progress of the pull")
    .action((image: string, args: string[], flags: RunFlags & { readonly net?: string }) => {
      const network = flags.network ?? flags.net;
      return run(context, { ...flags, ...(network === undefined ? {} : { network }), image, args });
    });
  acceptSilently(command, WITHOUT_EFFECT);
  acceptWithWarning(command, context, NOT_AVAILABLE);
}

/** An image, what to run in it, and how. */
export type RunRequest = RunFlags & { readonly image: string; readonly args: readonly string[] };

async function run(context: Context, request: RunRequest): Promise<void> {
  if (request.detach) {
    throw usageError("tsbuild run -d is not available: containers run in the foreground", {
      hint: 'leave "-d" out, or put "&" behind the command',
    });
  }
  try {
    context.exit(await runContainer(context, request));
  } catch (error) {
    const exitCode = exitCodeOf(error);
    if (exitCode === undefined) throw error;
    context.note(renderError(error));
    context.exit(exitCode);
  }
}

/** As a shell says it: 127 for a command that is not there, 126 for one that cannot be executed. */
function exitCodeOf(error: unknown): number | undefined {
  if (!TsbuildError.is(error, "COMMAND_NOT_STARTED")) return undefined;
  return "exitCode" in error && typeof error.exitCode === "number" ? error.exitCode : undefined;
}
