import type { ResourceLimits } from "../process.ts";
import { DEFAULT_PROFILE, type SeccompProfile } from "../seccomp/profile.ts";
import type { ContainerSpec, PlannedMount } from "./container-spec.ts";
import { MASKED_PATHS, READONLY_PATHS } from "./hidden-paths.ts";

/** Where the sources of mounts lie on the host, by the mount's place in the spec; undefined for what has none. */
export interface OciConfigOptions {
  readonly rootPath: string;
  readonly sources: readonly (string | undefined)[];
  /** The machine, as `process.arch` names it. */
  readonly arch: string;
  /** Kept only without a user namespace: within one, the hierarchies of cgroups belong to others. */
  readonly limits?: ResourceLimits | undefined;
  readonly cgroupsPath: string | undefined;
  readonly terminal: { readonly columns: number; readonly rows: number } | undefined;
}

const STRICT = ["nosuid", "noexec", "nodev"];
const NAMESPACES = ["mount", "pid", "ipc", "uts"];
const DEVICES: readonly (readonly [major: number, minor?: number])[] = [
  ...([[1, 3], [1, 5], [1, 7], [1, 8], [1, 9], [5, 0], [5, 2], [136]] as const),
];

/** The config.json (OCI runtime-spec 1.0) that says of a process what the native back end does with it. */
export function ociConfig(spec: ContainerSpec, options: OciConfigOptions): object {
  const { uid, gid, additionalGids } = spec.user;
  const capabilities = spec.capabilities.map((name) => `CAP_${name}`);
  const { singleId } = spec.userNamespace ?? {};
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: spec.terminal,
      ...(options.terminal ? { consoleSize: { width: options.terminal.columns, height: options.terminal.rows } } : {}),
      user: { uid, gid, ...(singleId ? {} : { additionalGids }), umask: 0o22 },
      args: spec.args,
      env: spec.env,
      cwd: spec.cwd,
      capabilities: { bounding: capabilities, permitted: capabilities, effective: capabilities },
      noNewPrivileges: false,
    },
    root: { path: options.rootPath, readonly: false },
    hostname: spec.hostname,
    mounts: [...kernelMounts(spec), ...spec.mounts.map((mount, index) => ociMount(mount, options.sources[index]))],
    linux: {
      namespaces: [...NAMESPACES, ...(spec.network === "none" ? ["network"] : [])].map((type) => ({ type })),
      ...(spec.userNamespace ? {} : { resources: { devices: deviceRules(spec), ...ociLimits(options.limits ?? {}) } }),
      ...(options.cgroupsPath === undefined ? {} : { cgroupsPath: options.cgroupsPath }),
      ...(spec.privileged
        ? {}
        : {
            maskedPaths: MASKED_PATHS,
            readonlyPaths: READONLY_PATHS,
            seccomp: ociSeccomp(DEFAULT_PROFILE, options.arch),
          }),
    },
  };
}

function kernelMounts(spec: ContainerSpec): readonly object[] {
  const ptsGroup = spec.userNamespace?.singleId ? [] : ["gid=5"];
  const pts = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", ...ptsGroup];
  const hostSys = spec.userNamespace && spec.network === "host";
  const readonly = spec.privileged ? [] : ["ro"];
  return [
    { destination: "/proc", type: "proc", source: "proc", options: STRICT },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    { destination: "/dev/pts", type: "devpts", source: "devpts", options: pts },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: STRICT },
    { destination: "/dev/shm", type: "tmpfs", source: "shm", options: [...STRICT, "mode=1777", "size=65536k"] },
    hostSys
      ? { destination: "/sys", type: "none", source: "/sys", options: ["rbind", ...STRICT, "ro"] }
      : { destination: "/sys", type: "sysfs", source: "sysfs", options: [...STRICT, ...readonly] },
  ];
}

function ociMount(mount: PlannedMount, source: string | undefined): object {
  const { target: destination } = mount;
  if (mount.type === "tmpfs") {
    const size = mount.size === undefined ? [] : [`size=${mount.size}`];
    const options = ["nosuid", "nodev", `mode=${mount.mode.toString(8)}`, ...size];
    return { destination, type: "tmpfs", source: "tmpfs", options };
  }
  const readonly = mount.type === "content" || mount.readonly;
  return { destination, type: "none", source, options: ["rbind", "nodev", readonly ? "ro" : "rw"] };
}

function deviceRules(spec: ContainerSpec): readonly object[] {
  if (spec.privileged) return [{ allow: true, access: "rwm" }];
  const nodes = DEVICES.map(([major, minor]) => ({
    allow: true,
    type: "c",
    major,
    ...(minor === undefined ? {} : { minor }),
    access: "rwm",
  }));
  // Any node may be made, as in Docker; only these may be opened.
  const making = ["c", "b"].map((type) => ({ allow: true, type, access: "m" }));
  return [{ allow: false, access: "rwm" }, ...making, ...nodes];
}

const PERIOD_US = 100_000;

function ociLimits({ memory, cpus, pids }: ResourceLimits): object {
  return {
    ...(memory === undefined ? {} : { memory: { limit: memory, swap: memory } }),
    ...(cpus === undefined ? {} : { cpu: { period: PERIOD_US, quota: Math.round(cpus * PERIOD_US) } }),
    ...(pids === undefined ? {} : { pids: { limit: pids } }),
  };
}

/**
 * The profile in libseccomp's terms, which know no "this or a newer call": what is not denied is allowed, and of the
 * conditions only those that deny single values or bits can be said.
 */
function ociSeccomp(profile: SeccompProfile, arch: string): object {
  const fail = (names: readonly string[], errnoRet: number, args: readonly object[] = []): object => ({
    names,
    action: "SCMP_ACT_ERRNO",
    errnoRet,
    ...(args.length > 0 ? { args } : {}),
  });
  const conditions = Object.entries(profile.conditions).flatMap(([name, { argument: index, without, noneOf = [] }]) => [
    ...bitsOf(without ?? 0).map((bit) =>
      fail([name], 1, [{ index, value: bit, valueTwo: bit, op: "SCMP_CMP_MASKED_EQ" }]),
    ),
    ...noneOf.map((value) => fail([name], 1, [{ index, value, op: "SCMP_CMP_EQ" }])),
  ]);
  return {
    defaultAction: "SCMP_ACT_ALLOW",
    architectures:
      arch === "x64" ? ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"] : ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
    syscalls: [fail(profile.denied, 1), fail(profile.absent, 38), ...conditions],
  };
}

function bitsOf(mask: number): readonly number[] {
  return Array.from({ length: 31 }, (_, bit) => 2 ** bit).filter((bit) => (mask & bit) !== 0);
}
