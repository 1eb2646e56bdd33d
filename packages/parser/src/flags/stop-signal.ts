/** Linux signals by name, without `SIG`. */
const SIGNALS: Readonly<Record<string, number>> = Object.fromEntries(
  [
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ",
    "VTALRM PROF WINCH IO PWR SYS",
  ]
    .join(" ")
    .split(" ")
    .map((name, index) => [name, index + 1]),
);
const ALIASES: Readonly<Record<string, number>> = { CLD: 17, IOT: 6, POLL: 29, UNUSED: 31 };
const FIRST_REALTIME = 34;
const LAST_REALTIME = 64;

/** The number of a signal that is given as `SIGTERM`, `term`, `15` or `RTMIN+3`; undefined where there is none such. */
export function signalNumber(text: string): number | undefined {
  if (/^[0-9]{1,9}$/.test(text)) {
    const number = Number(text);
    return number >= 1 && number <= LAST_REALTIME ? number : undefined;
  }
  const name = text.toUpperCase().replace(/^SIG/, "");
  if (Object.hasOwn(SIGNALS, name)) return SIGNALS[name];
  if (Object.hasOwn(ALIASES, name)) return ALIASES[name];
  return realtimeNumber(name);
}

function realtimeNumber(name: string): number | undefined {
  const match = /^RTM(IN|AX)(?:([+-])([0-9]{1,2}))?$/.exec(name);
  if (match === null) return undefined;
  const [, which, sign, distance = "0"] = match;
  const number = which === "IN" ? FIRST_REALTIME + Number(distance) : LAST_REALTIME - Number(distance);
  const isRightWay = sign === undefined || sign === (which === "IN" ? "+" : "-");
  return isRightWay && number >= FIRST_REALTIME && number <= LAST_REALTIME ? number : undefined;
}
