/** A device that every process has. */
export interface DefaultDevice {
  readonly name: string;
  readonly major: number;
  readonly minor: number;
}

export const DEFAULT_DEVICES: readonly DefaultDevice[] = [
  { name: "null", major: 1, minor: 3 },
  { name: "zero", major: 1, minor: 5 },
  { name: "full", major: 1, minor: 7 },
  { name: "random", major: 1, minor: 8 },
  { name: "urandom", major: 1, minor: 9 },
  { name: "tty", major: 5, minor: 0 },
];

/** What else lies in /dev: name and where it points. */
export const DEVICE_LINKS: readonly (readonly [name: string, pointsTo: string])[] = [
  ["fd", "/proc/self/fd"],
  ["stdin", "/proc/self/fd/0"],
  ["stdout", "/proc/self/fd/1"],
  ["stderr", "/proc/self/fd/2"],
  ["ptmx", "pts/ptmx"],
];
