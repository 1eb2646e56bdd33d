/** What an editor says about an instruction. */
export interface InstructionDoc {
  readonly summary: string;
  /** The forms in which it is written. */
  readonly forms: readonly string[];
  /** Names of flags and what each does. */
  readonly flags: Readonly<Record<string, string>>;
}

const COPY_FLAGS = {
  chown: "User and group of the copied files, by name or number: `--chown=user:group`. Default: `0:0`.",
  chmod: "Mode of the copied files: octal (`755`) or symbolic (`u=rwX,go=rX`).",
  link: "Makes a layer that does not depend on what lies below, so that it is reused when the base changes.",
  exclude: "Leaves out files that match the pattern. May be given several times.",
};

const NO_FLAGS: Readonly<Record<string, string>> = {};

/** By keyword, in capitals. */
export const INSTRUCTION_DOCS: Readonly<Record<string, InstructionDoc>> = {
  ADD: {
    summary:
      "Copies files from the build context, an `http(s)` address or a Git repository into the image. Local tar archives are unpacked. For plain files, `COPY` is the clearer choice.",
    forms: ["ADD [flags] source... destination", 'ADD [flags] ["source", "destination"]'],
    flags: {
      ...COPY_FLAGS,
      checksum: "The digest that a download must have: `--checksum=sha256:...`. The build fails where it differs.",
      "keep-git-dir": "Keeps the `.git` folder of a Git source.",
      unpack: "Whether archives are unpacked: by default local ones are, downloaded ones are not.",
    },
  },
  ARG: {
    summary:
      "Declares a build argument: a variable that `--build-arg` sets and that lasts for the build only. Above the first `FROM` it serves `FROM` lines; a stage takes it over with a bare `ARG NAME`. Not for secrets: values stay in the image's history.",
    forms: ["ARG NAME", "ARG NAME=default ..."],
    flags: NO_FLAGS,
  },
  CMD: {
    summary:
      "The command that a container runs by default, or the default arguments of `ENTRYPOINT`. Only the last one counts. The JSON form runs without a shell, so signals reach the process.",
    forms: ['CMD ["executable", "argument"]', "CMD command"],
    flags: NO_FLAGS,
  },
  COPY: {
    summary: "Copies files from the build context, another stage, an image or a here-document into the image.",
    forms: ["COPY [flags] source... destination", 'COPY [flags] ["source", "destination"]', "COPY <<EOF destination"],
    flags: {
      from: "Copies from a stage (name or number), a named context or an image instead of the build context.",
      ...COPY_FLAGS,
      parents: "Keeps the folders of the sources: `a/b/c` arrives as `destination/a/b/c`.",
    },
  },
  ENTRYPOINT: {
    summary:
      "The program that a container always runs; `CMD` or the arguments of `run` are appended. The JSON form is nearly always the right one: the shell form ignores `CMD` and keeps signals from the process.",
    forms: ['ENTRYPOINT ["executable", "argument"]', "ENTRYPOINT command"],
    flags: NO_FLAGS,
  },
  ENV: {
    summary: "Sets environment variables for the instructions below, the stages on top and the containers.",
    forms: ["ENV NAME=value ..."],
    flags: NO_FLAGS,
  },
  EXPOSE: {
    summary: "Notes ports on which the container listens. Documentation: nothing is published by it.",
    forms: ["EXPOSE port[/protocol] ..."],
    flags: NO_FLAGS,
  },
  FROM: {
    summary:
      "Begins a stage on top of an image, an earlier stage, or nothing (`scratch`). The last stage is what is built unless `--target` names another.",
    forms: ["FROM [--platform=platform] image[:tag|@digest] [AS name]"],
    flags: {
      platform:
        "The platform of the base image: `linux/arm64`, or `$BUILDPLATFORM` for tools that run during the build.",
    },
  },
  HEALTHCHECK: {
    summary:
      "A command that is run in the container now and then to tell whether it works; `NONE` drops an inherited one.",
    forms: ["HEALTHCHECK [flags] CMD command", "HEALTHCHECK NONE"],
    flags: {
      interval: "Time between two checks. Default: `30s`.",
      timeout: "A check that takes longer has failed. Default: `30s`.",
      "start-period": "Failures in this first time do not count. Default: `0s`.",
      "start-interval": "Time between two checks in the start period. Default: `5s`.",
      retries: "So many failures in a row make a container unhealthy. Default: `3`.",
    },
  },
  LABEL: {
    summary: "Adds metadata to the image, for example `org.opencontainers.image.source`.",
    forms: ["LABEL key=value ..."],
    flags: NO_FLAGS,
  },
  MAINTAINER: {
    summary: "Deprecated: names the author. Use `LABEL org.opencontainers.image.authors=...`.",
    forms: ["MAINTAINER name"],
    flags: NO_FLAGS,
  },
  ONBUILD: {
    summary: "Keeps an instruction for later: it runs when another build starts from this image.",
    forms: ["ONBUILD INSTRUCTION ..."],
    flags: NO_FLAGS,
  },
  RUN: {
    summary: "Runs a command in the image and keeps what it changes as a layer.",
    forms: ["RUN [flags] command", 'RUN [flags] ["executable", "argument"]', "RUN <<EOF"],
    flags: {
      mount: "Mounts something while the command runs: `type=bind`, `cache`, `tmpfs`, `secret` or `ssh`.",
      network: "`default`, `none`, or `host` where the build allows it.",
      security: "`sandbox`, or `insecure` where the build allows it.",
      device: "Gives the command a device that the builder offers.",
    },
  },
  SHELL: {
    summary: "The shell for the shell forms of `RUN`, `CMD` and `ENTRYPOINT` below. Default: `/bin/sh -c`.",
    forms: ['SHELL ["executable", "argument"]'],
    flags: NO_FLAGS,
  },
  STOPSIGNAL: {
    summary: "The signal that stops the container, by name or number. Default: `SIGTERM`.",
    forms: ["STOPSIGNAL signal"],
    flags: NO_FLAGS,
  },
  USER: {
    summary: "The user, and group, for the instructions below and the container.",
    forms: ["USER name[:group]"],
    flags: NO_FLAGS,
  },
  VOLUME: {
    summary: "Marks paths whose files live outside the container's own layer.",
    forms: ["VOLUME path ...", 'VOLUME ["path"]'],
    flags: NO_FLAGS,
  },
  WORKDIR: {
    summary: "The folder in which the instructions below and the container work; made where it is not there.",
    forms: ["WORKDIR path"],
    flags: NO_FLAGS,
  },
};

/** `# name=value` at the top of the file. */
export const DIRECTIVE_DOCS: Readonly<Record<string, string>> = {
  syntax: "The image of the front end that reads the file: `# syntax=docker/dockerfile:1`.",
  escape: "The character that escapes and continues lines: a backslash, or a backtick for Windows paths.",
  check: "Rules that are off (`skip=Rule,Rule` or `skip=all`), and whether findings fail the build (`error=true`).",
};

/** Variables that every build sets; a stage sees one after `ARG NAME`, a FROM line at once. */
export const PLATFORM_VARIABLES: Readonly<Record<string, string>> = {
  TARGETPLATFORM: "The platform that is built for, as `linux/arm64/v8`.",
  TARGETOS: "The operating system that is built for.",
  TARGETARCH: "The architecture that is built for.",
  TARGETVARIANT: "The variant of the architecture that is built for.",
  BUILDPLATFORM: "The platform of the machine that builds.",
  BUILDOS: "The operating system of the machine that builds.",
  BUILDARCH: "The architecture of the machine that builds.",
  BUILDVARIANT: "The variant of the architecture of the machine that builds.",
  TARGETSTAGE: "The name of the stage that is built.",
};
