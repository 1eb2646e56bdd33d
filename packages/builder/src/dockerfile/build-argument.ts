/** An ARG that a stage has seen. */
export interface BuildArgument {
  readonly name: string;
  /** Undefined: declared, but given no value by anyone. */
  readonly value: string | undefined;
}

/** Every argument once, where it was first declared, with what its last declaration says. */
export function lastValues(declared: readonly BuildArgument[]): ReadonlyMap<string, string> {
  return new Map(declared.map(({ name, value }) => [name, value ?? ""]));
}
