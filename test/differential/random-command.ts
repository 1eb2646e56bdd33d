import type { Random } from "./random.ts";
import { PLACES } from "./random-copy.ts";

const MODES = ["755", "700", "4755", "2775", "1777", "000", "u+x", "go-rwx", "a+rX", "600"];
/** Not the groups: since CVE-2022-36109 the first group is one of them, and this engine is older. */
const WHO = "{ id -u; id -g; pwd; umask; } > /who.txt";
const OWNERS = ["1000", "alice:users", "bob", "33:44", "0:0"];

/** A RUN whose result depends on nothing but the files before it. No part of it stops the others. */
export function randomCommand(random: Random): string {
  if (random.chance(0.06)) return execForm(random);
  const commands = random.some(1, 4, () => randomPart(random));
  if (random.chance(0.02)) commands.push("exit 3");
  return `RUN ${commands.join(random.chance(0.2) ? " && \\\n    " : "; ")}`.replace(/&& {2,}exit/, "&& exit");
}

function execForm(random: Random): string {
  const place = absolute(random);
  const words = random.pick([
    ["mkdir", "-p", place],
    ["touch", `/tmp/${random.below(9)}`],
    ["sh", "-c", `echo $0 $1 > /tmp/words`, "zero", place],
  ]);
  return `RUN ${JSON.stringify(words)}`;
}

function randomPart(random: Random): string {
  const [one, two] = [quoted(absolute(random)), quoted(absolute(random))];
  const value = random.below(100);
  const quiet = "2>/dev/null || true";
  const command = random.weighted<() => string>([
    [14, () => `mkdir -p ${one}`],
    [10, () => `rm -rf ${one}`],
    [8, () => `mv ${one} ${two}`],
    [9, () => `ln -s ${random.pick([two, "b", "../data", "nowhere", "/etc"])} ${one}`],
    [7, () => `ln ${one} ${two}`],
    [5, () => `ln /etc/conf/hard ${one}`],
    [8, () => `chmod ${random.pick(MODES)} ${one}`],
    [3, () => `chmod -R ${random.pick(MODES)} ${one}`],
    [6, () => `chown ${random.pick(OWNERS)} ${one}`],
    [4, () => `chown -R ${random.pick(OWNERS)} ${one}`],
    [12, () => `echo ${value} > ${one}`],
    [4, () => `echo ${value} >> ${one}`],
    [4, () => `touch ${one}`],
    [6, () => `cp -a ${one} ${two}`],
    [5, () => `(rm -rf ${one}; mkdir -p ${one}; echo ${value} > ${one}/f)`],
    [4, () => `(mkdir -p ${one}; rm -rf ${one}; echo ${value} > ${one})`],
    [3, () => `(rm -rf ${one}; ln -s ${two} ${one})`],
    [4, () => "rm -f /etc/conf/* /home/alice/.profile"],
    // Where no other command writes: it would wait for a reader.
    [2, () => "mkfifo /tmp/fifo"],
    [1, () => `mknod ${one} c 1 3`],
    [6, () => "env | grep -v ^HOSTNAME= | sort > /env.txt"],
    [3, () => WHO],
    [1, () => "true"],
  ])();
  return `${command} ${quiet}`;
}

function absolute(random: Random): string {
  const more = ["/tmp/t", "/home/alice", "/home/alice/.profile", "/etc/conf/hard", "/w/f", "/data/f", "/top/f", "rel"];
  return random.pick([...PLACES, ...more]);
}

function quoted(path: string): string {
  return /\s/.test(path) ? `"${path}"` : path;
}
