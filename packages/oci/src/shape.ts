import { isDigest } from "./digest.ts";
import { TsbuildError } from "./error.ts";

/**
 * What a piece of JSON must look like: the problem with `value`, which lies at `at` in its document; undefined where
 * there is none. Members that a shape does not name are allowed: the specifications say so.
 */
export type Shape = (value: unknown, at: string) => string | undefined;

/** The largest JSON document that is read: 4 MiB, as registries have it. */
export const JSON_LIMIT: number = 4 * 1024 * 1024;

/** Any string. */
export const text: Shape = (value, at) => (typeof value === "string" ? undefined : `${at} must be a string`);

/** Any JSON boolean. */
export const flag: Shape = (value, at) => (typeof value === "boolean" ? undefined : `${at} must be true or false`);

/** A whole number that JavaScript holds exactly. */
export const integer: Shape = (value, at) => (Number.isSafeInteger(value) ? undefined : `${at} must be a whole number`);

/** A size in bytes. */
export const size: Shape = (value, at) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : `${at} must be a whole number of bytes`;

/** A digest whose algorithm this package computes. */
export const digest: Shape = (value, at) =>
  isDigest(value) ? undefined : `${at} must be a sha256 or sha512 digest in lower case`;

/** Text of this pattern. */
export function matching(pattern: RegExp, expected: string): Shape {
  return (value, at) => (typeof value === "string" && pattern.test(value) ? undefined : `${at} must be ${expected}`);
}

/** Exactly this value. */
export function exactly(expected: string | number): Shape {
  return (value, at) => (value === expected ? undefined : `${at} must be ${JSON.stringify(expected)}`);
}

/** A list of such values. */
export function listOf(shape: Shape): Shape {
  return (value, at) =>
    Array.isArray(value)
      ? firstProblem(value, (item, index) => shape(item, `${at}[${index}]`))
      : `${at} must be a list`;
}

/** An object whose members all have this shape. */
export function recordOf(shape: Shape): Shape {
  return (value, at) =>
    isRecord(value)
      ? firstProblem(Object.entries(value), ([key, member]) => shape(member, `${at}.${key}`))
      : `${at} must be an object`;
}

/** An object with these members; those in `optional` may be absent. */
export function object(required: Readonly<Record<string, Shape>>, optional: Readonly<Record<string, Shape>>): Shape {
  return (value, at) => {
    if (!isRecord(value)) return `${at} must be an object`;
    const missing = Object.keys(required).find((key) => value[key] === undefined);
    if (missing !== undefined) return `${at}.${missing} is missing`;
    return firstProblem(Object.entries({ ...required, ...optional }), ([key, shape]) =>
      value[key] === undefined ? undefined : shape(value[key], `${at}.${key}`),
    );
  };
}

/** Tells whether `value` is an object that is neither null nor a list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How a document is called in messages, and the code of its error. */
export interface DocumentKind<Code extends string> {
  readonly what: string;
  readonly code: Code;
  /** Further conditions that take more than a shape. */
  readonly also?: (value: Readonly<Record<string, unknown>>) => string | undefined;
}

/**
 * Reads a JSON document of at most {@link JSON_LIMIT} bytes and checks it. Members that are `null` count as absent,
 * as Go programs write them for empty lists.
 * @throws TsbuildError `kind.code`
 */
export function parseDocument<T, Code extends string>(bytes: Uint8Array, shape: Shape, kind: DocumentKind<Code>): T {
  const fail = (reason: string, cause?: unknown): TsbuildError<Code> =>
    new TsbuildError(kind.code, `not a valid ${kind.what}: ${reason}`, { cause });
  if (bytes.byteLength > JSON_LIMIT) throw fail(`${bytes.byteLength} bytes are more than the ${JSON_LIMIT} allowed`);
  const value = decodeJson(bytes, fail);
  const problem = shape(value, "$") ?? (isRecord(value) ? kind.also?.(value) : undefined);
  if (problem !== undefined) throw fail(problem);
  return value as T;
}

function decodeJson(bytes: Uint8Array, fail: (reason: string, cause: unknown) => Error): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return JSON.parse(text, (_, value: unknown) => (value === null ? undefined : value));
  } catch (cause) {
    throw fail("it is not JSON in UTF-8", cause);
  }
}

function firstProblem<T>(
  items: readonly T[],
  check: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const problem = check(item, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
