// `npm test`: sets up, installs what the suites need where that is possible, checks style and types, runs every suite.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root, run, setup } from "./setup.mjs";

/** Debian packages that suites use, and the program by which each is known to be there. */
const PEERS = {
  attr: "getfattr",
  bubblewrap: "bwrap",
  buildah: "buildah",
  "busybox-static": "busybox",
  crun: "crun",
  "docker-registry": "docker-registry",
  git: "git",
  "nginx-light": "nginx",
  proot: "proot",
  runc: "runc",
  skopeo: "skopeo",
  uidmap: "newuidmap",
  umoci: "umoci",
  "xz-utils": "xz",
  zstd: "zstd",
};

const SYSTEM_PATH = `${process.env.PATH ?? ""}${delimiter}/usr/sbin${delimiter}/sbin`;

function missingPeers() {
  const folders = SYSTEM_PATH.split(delimiter).filter(Boolean);
  return Object.entries(PEERS)
    .filter(([, program]) => !folders.some((folder) => existsSync(join(folder, program))))
    .map(([name]) => name);
}

function isDebian() {
  return existsSync("/etc/debian_version") && /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));
}

/** Installs missing peers with apt-get; a failure only means that suites are skipped. */
function installPeers() {
  const missing = missingPeers();
  if (missing.length === 0) return;
  if (process.env.TSBUILD_TEST_INSTALL === "0" || process.getuid?.() !== 0 || !isDebian()) {
    console.log(`not installed, their suites are skipped: ${missing.join(", ")}`);
    return;
  }
  // RUNLEVEL=1 keeps a package's own service from being started.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  console.log(`installing for the suites: ${missing.join(", ")}`);
  const apt = (...args) => spawnSync("apt-get", ["-qq", ...args], { env, stdio: ["ignore", "ignore", "inherit"] });
  apt("update");
  apt("install", "-y", "--no-install-recommends", ...missing);
}

const bin = (name, script) => [join(root, "node_modules", name, ...script)];

setup();
installPeers();
console.log("checking style and types");
run(process.execPath, [...bin("@biomejs/biome", ["bin", "biome"]), "check", ".", "--error-on-warnings"]);
run(process.execPath, [...bin("typescript", ["bin", "tsc"]), "-p", "tsconfig.test.json"]);
run(process.execPath, [...bin("vitest", ["vitest.mjs"]), "run", ...process.argv.slice(2)], {
  env: { ...process.env, PATH: SYSTEM_PATH },
});
