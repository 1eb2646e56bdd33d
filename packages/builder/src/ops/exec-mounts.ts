import { chmodSync, chownSync, existsSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { extractTree, type Layer, openTree, type Tree } from "@tsbuild/oci";
import type { Mount } from "@tsbuild/runtime";
import { BuildError } from "../build-error.ts";
import { stampLayers } from "../export/stamp-layers.ts";
import { cleanPath, joinPath } from "../files/names.ts";
import type { ExecMount, ExecOp, FileAction } from "../graph/op.ts";
import type { OpContext } from "../solver/op-runner.ts";
import { lendAgent } from "./agent-socket.ts";
import type { CacheMounts } from "./cache-mounts.ts";
import { createChecksumMemo } from "./checksum-memo.ts";
import { runTask } from "./file.ts";
import { layersOf, makeAllPlain, type OpEnvironment, type Step } from "./op-environment.ts";

export interface MountEnvironment {
  readonly env: OpEnvironment;
  readonly cacheMounts: CacheMounts;
}

type BindMount = Extract<ExecMount, { type: "bind" }>;
type CacheMount = Extract<ExecMount, { type: "cache" }>;
type SshMount = Extract<ExecMount, { type: "ssh" }>;
type SecretMount = Extract<ExecMount, { type: "secret" }>;

/**
 * What the mounts of a RUN put into its key: what is mounted where, and the content of binds, also of writable ones: what a
 * process writes there is forgotten, and it sees nothing of the stage besides.
 */
export async function mountKeys(
  { env }: MountEnvironment,
  step: Step<ExecOp>,
  context: OpContext,
): Promise<readonly object[]> {
  const keys: object[] = [];
  for (const mount of step.op.mounts) {
    if (mount.type === "bind") {
      const { input, source, ...rest } = mount;
      const content = await bindKey(env, step, mount, context);
      keys.push({ ...rest, content });
    } else if (mount.type === "cache") {
      const { input, ...rest } = mount;
      keys.push({ ...rest, from: input === undefined ? null : (step.inputs[input]?.key ?? null) });
    } else keys.push(mount);
  }
  return keys;
}

/** The mounts and variables for a process, and how to give back what is lent. */
export interface MountedProcess {
  readonly mounts: readonly Mount[];
  readonly env: readonly string[];
  release(): Promise<void>;
}

/** @throws BuildError SECRET_MISSING, SSH_MISSING, SOURCE_NOT_FOUND */
export async function execMounts(
  mounting: MountEnvironment,
  step: Step<ExecOp>,
  context: OpContext,
): Promise<MountedProcess> {
  const mounts: Mount[] = [];
  const env: string[] = [];
  const lent: (() => Promise<void>)[] = [];
  const release = async (): Promise<void> => void (await Promise.all(lent.map((giveBack) => giveBack())));
  try {
    for (const mount of step.op.mounts) {
      if (mount.type === "bind") mounts.push(await bindMount(mounting.env, step, mount, context));
      else if (mount.type === "tmpfs") mounts.push(mount);
      else if (mount.type === "content") mounts.push({ ...mount, content: Buffer.from(mount.content), uid: 0, gid: 0 });
      else if (mount.type === "cache") mounts.push(await cacheMount(mounting, step, mount, { context, lent }));
      else if (mount.type === "secret") secretMount(mounting.env, mount, { mounts, env });
      else await agentMount(mounting.env, mount, { mounts, env, lent });
    }
    return { mounts, env, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function bindKey(
  env: OpEnvironment,
  step: Step<ExecOp>,
  mount: BindMount,
  context: OpContext,
): Promise<string | null> {
  const input = step.vertex.inputs[mount.input];
  if (input === undefined) return null;
  const action = copyOf(mount);
  const memo = createChecksumMemo(env.store.folder("cache"));
  const key = input.op.type === "local" ? undefined : memo.key(action, layersOf(step.inputs, mount.input));
  const known = key === undefined ? undefined : memo.find(key);
  if (known !== undefined) return known;
  await makeAllPlain(env, layersOf(step.inputs, mount.input), context);
  const { checksums } = await runTask(
    env,
    { ...step, op: { actions: [action] } },
    { base: undefined, want: "checksums" },
    context,
  );
  const [checksum] = checksums;
  if (key !== undefined && checksum !== undefined) memo.note(key, checksum);
  return checksum ?? null;
}

/** A bind of a context mounts a copy: what .dockerignore leaves out is not there, and no process writes to the host. */
async function bindMount(env: OpEnvironment, step: Step<ExecOp>, mount: BindMount, context: OpContext): Promise<Mount> {
  const { target, readonly } = mount;
  if (step.vertex.inputs[mount.input]?.op.type === "local") {
    const task = { ...step, op: { actions: [copyOf(mount)] } };
    const { layer } = await runTask(env, task, { base: [], want: "layer" }, context);
    return { type: "layers", layers: layer === undefined ? [] : [layer], path: "mnt", target, readonly };
  }
  const kept = layersOf(step.inputs, mount.input);
  await makeAllPlain(env, kept, context);
  const layers = await stampLayers(env.store, kept, { epoch: env.epoch, signal: context.signal });
  const path = sourceIn(env, layers, mount.source);
  return { type: "layers", layers, path, target, readonly };
}

/** The source of a bind as a COPY to `/mnt`: a folder's content, or a file of that name. */
function copyOf({ input, source }: BindMount): Extract<FileAction, { type: "copy" }> {
  const literal = cleanPath(source).replace(/[*?[\\]/g, "\\$&");
  const sources = [literal === "" ? "." : literal];
  return { type: "copy", input, sources, destination: "/mnt", parents: false, exclude: [], unpack: "never" };
}

function sourceIn(env: OpEnvironment, layers: readonly Layer[], source: string): string {
  const tree = openTree(env.store, layers);
  const path = tree.resolve(cleanPath(source));
  if (path !== "" && tree.lstat(path) === undefined)
    throw new BuildError("SOURCE_NOT_FOUND", `there is no ${JSON.stringify(source)} to mount`, {
      hint: "Check the source and from of the mount.",
    });
  return path;
}

async function cacheMount(
  { env, cacheMounts }: MountEnvironment,
  step: Step<ExecOp>,
  mount: CacheMount,
  { context, lent }: { readonly context: OpContext; readonly lent: (() => Promise<void>)[] },
): Promise<Mount> {
  const { id, sharing, target, readonly, input, source = "" } = mount;
  const { directory, release } = await cacheMounts.lend(id, sharing, context);
  lent.push(release);
  const isNew = existsSync(directory) && readdirSync(directory).length === 0;
  if (isNew && input !== undefined && input >= 0) {
    const layers = layersOf(step.inputs, input);
    await makeAllPlain(env, layers, context);
    const path = sourceIn(env, layers, source);
    await extractTree(subtree(openTree(env.store, layers), path), directory, { signal: context.signal });
  }
  if (isNew) prepareFolder(directory, mount);
  return { type: "bind", source: directory, target, readonly };
}

/** A new folder gets its mode and owner; who is not root cannot give files away, and then is the owner. */
function prepareFolder(directory: string, { mode = 0o755, uid = 0, gid = 0 }: CacheMount): void {
  chmodSync(directory, mode);
  try {
    chownSync(directory, uid, gid);
  } catch {}
}

/** The part of a tree below `root`, as a tree. */
function subtree(tree: Tree, root: string): Tree {
  if (root === "") return tree;
  const within = (path: string): string => path.slice(root.length + 1);
  return {
    ...tree,
    lstat: (path) => {
      const entry = tree.lstat(joinPath(root, path));
      return entry === undefined ? undefined : { ...entry, path };
    },
    resolve: (path, options) => within(tree.resolve(joinPath(root, path), options)),
    readdir: (path) => tree.readdir(joinPath(root, path)),
    *walk(path) {
      for (const entry of tree.walk(joinPath(root, path))) yield { ...entry, path: within(entry.path) };
    },
    readFile: (path, limit) => tree.readFile(joinPath(root, path), limit),
  };
}

function secretMount(
  env: OpEnvironment,
  { id, target, env: variable, required, mode = 0o400, uid = 0, gid = 0 }: SecretMount,
  into: { readonly mounts: Mount[]; readonly env: string[] },
): void {
  const value = env.secrets[id];
  if (value === undefined) {
    if (!required) return;
    throw new BuildError("SECRET_MISSING", `secret ${id}: not found, and the step requires it`, {
      hint: `Give it with --secret id=${basename(id)},src=FILE or in the option secrets.`,
    });
  }
  const content = Buffer.from(value);
  if (variable !== undefined) into.env.push(`${variable}=${content.toString("utf8")}`);
  if (target !== undefined) into.mounts.push({ type: "content", content, target, mode, uid, gid });
}

/** The agent's socket, and SSH_AUTH_SOCK where the first of them is. */
async function agentMount(
  { ssh }: OpEnvironment,
  { id, target, required, mode = 0o600, uid = 0, gid = 0 }: SshMount,
  { mounts, env, lent }: { readonly mounts: Mount[]; readonly env: string[]; readonly lent: (() => Promise<void>)[] },
): Promise<void> {
  const agent = ssh[id];
  if (agent === undefined) {
    if (!required) return;
    throw new BuildError("SSH_MISSING", `the step requires the SSH agent ${JSON.stringify(id)}, which was not given`, {
      hint: "Give the agent's socket with --ssh or in the option ssh, or leave required out of --mount=type=ssh.",
    });
  }
  const { path, release } = await lendAgent(agent, { mode, uid, gid });
  lent.push(release);
  const agents = env.filter((entry) => entry.startsWith("SSH_AUTH_SOCK=")).length;
  const place = target ?? `${AGENT_FOLDER}/ssh_agent.${mounts.filter(isAgent).length}`;
  mounts.push({ type: "bind", source: path, target: place });
  if (agents === 0) env.push(`SSH_AUTH_SOCK=${place}`);
}

const AGENT_FOLDER = "/run/buildkit";

function isAgent({ target }: Mount): boolean {
  return target.startsWith(`${AGENT_FOLDER}/ssh_agent.`);
}
