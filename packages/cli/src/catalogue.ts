import type { CommandModule } from "./context.ts";

/** A command and where it lies: nothing of it is loaded before it is called. */
export interface CatalogueEntry {
  /** `["image", "ls"]`: the words that call it. */
  readonly path: readonly string[];
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

/** Words that only lead to other commands. */
export const GROUPS: Readonly<Record<string, string>> = {
  builder: "The build cache, by Docker's words",
  buildx: "Builds, by Docker's words",
  container: "Containers, by Docker's words",
  image: "Images, by Docker's words",
  index: "Images of several platforms",
  key: "Keys for signing",
  registry: "A registry for development",
  store: "The local store",
  system: "Everything in the store, by Docker's words",
};

const build = (): Promise<CommandModule> => import("./commands/build.ts");
const compile = (): Promise<CommandModule> => import("./commands/compile.ts");
const copy = (): Promise<CommandModule> => import("./commands/copy.ts");
const du = (): Promise<CommandModule> => import("./commands/du.ts");
const history = (): Promise<CommandModule> => import("./commands/history.ts");
const images = (): Promise<CommandModule> => import("./commands/images.ts");
const inspect = (): Promise<CommandModule> => import("./commands/inspect.ts");
const load = (): Promise<CommandModule> => import("./commands/load.ts");
const prune = (): Promise<CommandModule> => import("./commands/prune.ts");
const pruneCache = (): Promise<CommandModule> => import("./commands/prune-cache.ts");
const pruneImages = (): Promise<CommandModule> => import("./commands/prune-images.ts");
const pull = (): Promise<CommandModule> => import("./commands/pull.ts");
const push = (): Promise<CommandModule> => import("./commands/push.ts");
const rmi = (): Promise<CommandModule> => import("./commands/rmi.ts");
const run = (): Promise<CommandModule> => import("./commands/run.ts");
const save = (): Promise<CommandModule> => import("./commands/save.ts");
const tag = (): Promise<CommandModule> => import("./commands/tag.ts");

/** All commands, in the order in which `help` lists them. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  { path: ["build"], summary: "Build an image from a Dockerfile", load: build },
  {
    path: ["plan"],
    summary: "Tell which steps a build would run, and why",
    load: () => import("./commands/plan.ts"),
  },
  { path: ["compile"], summary: "Print the build graph of a Dockerfile", load: compile },
  { path: ["lint"], summary: "Check a Dockerfile", load: () => import("./commands/lint.ts") },
  { path: ["fmt"], summary: "Bring Dockerfiles into their canonical layout", load: () => import("./commands/fmt.ts") },
  { path: ["lsp"], summary: "Serve editors: the language server, on stdio", load: () => import("./commands/lsp.ts") },
  { path: ["parse"], summary: "Print the syntax tree of a Dockerfile", load: () => import("./commands/parse.ts") },
  { path: ["run"], summary: "Run a command in an image, in the foreground", load: run },
  { path: ["images"], summary: "List the images of the store", load: images },
  { path: ["inspect"], summary: "Print what is known about an image", load: inspect },
  { path: ["history"], summary: "Print how an image came to be", load: history },
  { path: ["diff"], summary: "Tell what differs between two images", load: () => import("./commands/diff.ts") },
  { path: ["tag"], summary: "Give an image one name more", load: tag },
  { path: ["rmi"], summary: "Remove images", load: rmi },
  { path: ["pull"], summary: "Fetch an image from a registry", load: pull },
  { path: ["push"], summary: "Send an image to a registry", load: push },
  { path: ["copy"], summary: "Copy an image between registry, layout, archive and store", load: copy },
  { path: ["digest"], summary: "Print the digest of an image", load: () => import("./commands/digest.ts") },
  { path: ["tags"], summary: "List the tags of a repository", load: () => import("./commands/tags.ts") },
  { path: ["catalog"], summary: "List the repositories of a registry", load: () => import("./commands/catalog.ts") },
  { path: ["referrers"], summary: "List what refers to an image", load: () => import("./commands/referrers.ts") },
  { path: ["append"], summary: "Put layers on top of an image", load: () => import("./commands/append.ts") },
  { path: ["rebase"], summary: "Move an image to another base", load: () => import("./commands/rebase.ts") },
  { path: ["sign"], summary: "Sign an image", load: () => import("./commands/sign.ts") },
  // In front of `verify`: the first entry that fits is called.
  {
    path: ["verify", "build"],
    summary: "Build twice without the cache, and compare",
    load: () => import("./commands/verify-build.ts"),
  },
  { path: ["verify"], summary: "Check the signatures of an image", load: () => import("./commands/verify.ts") },
  { path: ["save"], summary: "Write images to an archive", load: save },
  { path: ["load"], summary: "Read images from an archive", load: load },
  { path: ["login"], summary: "Sign in to a registry", load: () => import("./commands/login.ts") },
  { path: ["logout"], summary: "Forget the credentials of a registry", load: () => import("./commands/logout.ts") },
  { path: ["prune"], summary: "Remove what nothing needs", load: prune },
  { path: ["du"], summary: "Tell what takes how much space", load: du },
  { path: ["doctor"], summary: "Tell what this machine offers", load: () => import("./commands/doctor.ts") },
  { path: ["version"], summary: "Print the version", load: () => import("./commands/version.ts") },

  {
    path: ["index", "create"],
    summary: "Make one of several images",
    load: () => import("./commands/index-create.ts"),
  },
  { path: ["index", "annotate"], summary: "Edit one", load: () => import("./commands/index-annotate.ts") },
  { path: ["key", "generate"], summary: "Make a key pair", load: () => import("./commands/key-generate.ts") },
  { path: ["registry", "serve"], summary: "Serve a folder", load: () => import("./commands/registry-serve.ts") },
  { path: ["store", "check"], summary: "Check every blob, record and name", load: () => import("./commands/check.ts") },
  { path: ["system", "prune"], summary: "Remove what nothing needs", load: prune },
  { path: ["system", "df"], summary: "Tell what takes how much space", load: du },
  { path: ["builder", "build"], summary: "Build an image from a Dockerfile", load: build },
  { path: ["builder", "prune"], summary: "Remove build cache", load: pruneCache },
  { path: ["buildx", "build"], aliases: ["b"], summary: "Build an image from a Dockerfile", load: build },
  { path: ["buildx", "prune"], summary: "Remove build cache", load: pruneCache },
  { path: ["buildx", "du"], summary: "Tell what takes how much space", load: du },
  { path: ["container", "run"], summary: "Run a command in an image, in the foreground", load: run },
  { path: ["image", "build"], summary: "Build an image from a Dockerfile", load: build },
  { path: ["image", "ls"], aliases: ["list"], summary: "List the images of the store", load: images },
  { path: ["image", "inspect"], summary: "Print what is known about an image", load: inspect },
  { path: ["image", "history"], summary: "Print how an image came to be", load: history },
  { path: ["image", "tag"], summary: "Give an image one name more", load: tag },
  { path: ["image", "rm"], aliases: ["remove"], summary: "Remove images", load: rmi },
  { path: ["image", "prune"], summary: "Remove images that no name stands for", load: pruneImages },
  { path: ["image", "pull"], summary: "Fetch an image from a registry", load: pull },
  { path: ["image", "push"], summary: "Send an image to a registry", load: push },
  { path: ["image", "save"], summary: "Write images to an archive", load: save },
  { path: ["image", "load"], summary: "Read images from an archive", load: load },
];

/** Commands of Docker about what tsbuild does not keep: containers, networks, volumes. */
export const DOCKER_ONLY: readonly string[] = [
  ...["attach", "commit", "compose", "cp", "create", "events", "exec", "export", "import", "kill", "logs"],
  ...["network", "pause", "port", "ps", "rename", "restart", "rm", "start", "stats", "stop", "swarm", "top"],
  ...["unpause", "update", "volume", "wait"],
];
