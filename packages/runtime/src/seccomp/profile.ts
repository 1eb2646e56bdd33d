/** What a filter answers to a call. */
export type Verdict = "allow" | { readonly errno: number };

/** Allows a call by one of its arguments (its low 32 bits: none of these calls looks further). */
export interface Condition {
  readonly argument: number;
  /** Allowed where none of these bits is set. */
  readonly without?: number;
  /** Allowed for these values. */
  readonly oneOf?: readonly number[];
  /** Allowed for all but these values. */
  readonly noneOf?: readonly number[];
}

/** What a process may ask of the kernel: every call up to the newest that was judged, but for those named here. */
export interface SeccompProfile {
  /** Calls that fail with EPERM. */
  readonly denied: readonly string[];
  /** Calls that look as if the kernel did not have them, so that a C library takes the older one. */
  readonly absent: readonly string[];
  /** Calls that depend on an argument; EPERM where it does not hold. */
  readonly conditions: Readonly<Record<string, Condition>>;
  /** The newest call that was judged; all above look absent. The same number in every table since Linux 5.1. */
  readonly newest: number;
}

const NEW_NAMESPACES = 0x7e020000;
const AF_ALG = 38;
const AF_VSOCK = 40;

/**
 * The default profile. It forbids what Docker's default forbids to a process with the default capabilities; most of it
 * needs a capability besides, and is denied here as a second wall.
 */
export const DEFAULT_PROFILE: SeccompProfile = {
  denied: [
    // Mounts and roots: what a process sees is decided before it starts.
    ...["mount", "umount", "umount2", "pivot_root", "mount_setattr", "move_mount", "open_tree", "open_tree_attr"],
    ...["fsopen", "fsconfig", "fsmount", "fspick", "statmount", "listmount"],
    // Namespaces (clone is below) and what they would hide.
    ...["unshare", "setns", "sethostname", "setdomainname"],
    // The kernel itself: modules, another kernel, its log, its tables.
    ...["create_module", "delete_module", "finit_module", "init_module", "get_kernel_syms", "query_module"],
    ...["kexec_file_load", "kexec_load", "reboot", "syslog", "bpf", "perf_event_open", "lookup_dcookie"],
    ...["lsm_get_self_attr", "lsm_set_self_attr", "lsm_list_modules"],
    // Keys are not divided by namespaces.
    ...["add_key", "keyctl", "request_key"],
    // The machine's clock, swap, quotas, accounting, ports and terminals.
    ...["clock_settime", "clock_settime64", "settimeofday", "stime", "swapon", "swapoff", "quotactl", "quotactl_fd"],
    ...["acct", "ioperm", "iopl", "vhangup"],
    // Where the memory of processes lies, and other processes' memory and files.
    ...["get_mempolicy", "mbind", "migrate_pages", "move_pages", "set_mempolicy", "set_mempolicy_home_node"],
    ...["kcmp", "pidfd_getfd", "process_madvise"],
    // Ways round the checks on names, and watching whole file systems.
    ...["open_by_handle_at", "fanotify_init"],
    // Often the way into a kernel.
    ...["userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register"],
    // Remains of old systems.
    ...["bdflush", "nfsservctl", "sysfs", "_sysctl", "uselib", "ustat", "vm86", "vm86old", "vserver"],
  ],
  // Its flags lie in memory, where a filter cannot look.
  absent: ["clone3"],
  conditions: {
    clone: { argument: 0, without: NEW_NAMESPACES },
    // Linux, Linux with 32-bit addresses, the two with a fixed layout, and asking.
    personality: { argument: 0, oneOf: [0x0, 0x8, 0x20000, 0x20008, 0xffffffff] },
    socket: { argument: 0, noneOf: [AF_ALG, AF_VSOCK] },
  },
  newest: 469,
};
