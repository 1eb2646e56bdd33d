import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileProfile } from "./compile-profile.ts";
import { ABIS } from "./default-filter.ts";
import { type Condition, DEFAULT_PROFILE } from "./profile.ts";
import { runFilter } from "./run-filter.ts";
import type { SyscallTable } from "./syscall-tables.ts";

const ALLOW = 0x7fff0000;
const errno = (number: number): number => 0x00050000 | number;
const EPERM = errno(1);
const ENOSYS = errno(38);

const TABLES = Object.entries(ABIS).flatMap(([arch, abis]) =>
  abis.flatMap(({ audit, table, variant, beyond }) => {
    const filter = compileProfile(DEFAULT_PROFILE, abis);
    const own = { name: `${arch} ${audit.toString(16)}`, filter, audit, table, bit: 0, beyond };
    return variant ? [own, { ...own, name: `${own.name} variant`, table: variant.table, bit: variant.bit }] : [own];
  }),
);

/** The profile's meaning, in words that have nothing to do with how it is compiled. */
function meaning(table: SyscallTable, number: number, argument: number): number {
  const name = Object.keys(table).find((key) => table[key] === number);
  if (number > DEFAULT_PROFILE.newest) return ENOSYS;
  if (name === undefined) return ALLOW;
  if (DEFAULT_PROFILE.denied.includes(name)) return EPERM;
  if (DEFAULT_PROFILE.absent.includes(name)) return ENOSYS;
  const condition = DEFAULT_PROFILE.conditions[name];
  return !condition || holds(condition, argument) ? ALLOW : EPERM;
}

function holds({ without, oneOf, noneOf }: Condition, value: number): boolean {
  if (without !== undefined) return (value & without) === 0;
  return oneOf ? oneOf.includes(value) : !noneOf?.includes(value);
}

describe.each(TABLES)("the default filter for $name", ({ filter, audit, table, bit, beyond }) => {
  const ask = (number: number, argument = 0): number =>
    runFilter(filter, { audit, number: (number | bit) >>> 0, args: [argument] });

  it("answers every call as the profile says", () => {
    for (let number = 0; number < 600; number++) {
      expect({ number, answer: ask(number) }).toEqual({ number, answer: meaning(table, number, 0) });
    }
  });

  it("looks at arguments as the profile says", () => {
    const numbers = Object.keys(DEFAULT_PROFILE.conditions).flatMap((name) => table[name] ?? []);
    const values = fc.oneof(
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.constantFrom(0, 8, 38, 40, 0x20000, 0x20008, 17, 0x20011),
    );
    fc.assert(
      fc.property(fc.constantFrom(...numbers), values, (number, value) => {
        expect(ask(number, value)).toBe(meaning(table, number, value));
      }),
    );
  });

  it("knows nothing far above", () => {
    expect([ask(5000), ask(0x3fffffff)]).toEqual([ENOSYS, ENOSYS]);
    if (beyond)
      expect([beyond[0] - 1, ...beyond, beyond[1] + 1].map((number) => ask(number))).toEqual([
        ENOSYS,
        ALLOW,
        ALLOW,
        ENOSYS,
      ]);
  });
});

it("a filter is short, and refuses other machines", () => {
  for (const abis of Object.values(ABIS)) {
    const filter = compileProfile(DEFAULT_PROFILE, abis);
    expect(filter.length / 8).toBeLessThan(1200);
    expect(runFilter(filter, { audit: 0x1234, number: 0, args: [] })).toBe(EPERM);
  }
});
