/** The fields of `RUN --mount=`, by the types of mount that have them. */
export const MOUNT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  bind: ["from", "source", "target", "readwrite"],
  cache: ["id", "target", "from", "source", "sharing", "mode", "uid", "gid", "readonly"],
  tmpfs: ["target", "size"],
  secret: ["id", "target", "env", "required", "mode", "uid", "gid"],
  ssh: ["id", "target", "required", "mode", "uid", "gid"],
};

/** What each type of mount is for. */
export const MOUNT_TYPES: Readonly<Record<string, string>> = {
  bind: "Files of the context, a stage or an image, without copying them.",
  cache: "A folder that is kept from build to build, for package managers and compilers.",
  tmpfs: "A folder in memory, gone afterwards.",
  secret: "A secret of the build, as a file or a variable; never in the image.",
  ssh: "The SSH agent of the machine that builds.",
};
