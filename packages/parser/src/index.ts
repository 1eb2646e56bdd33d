export type * from "./ast.ts";
export type { Diagnostic, Fix } from "./diagnostic.ts";
export type { Position, Range } from "./position.ts";
