const BRAND: unique symbol = Symbol.for("tsbuild.error");

/** Options of {@link TsbuildError}. */
export interface TsbuildErrorOptions {
  /** What went wrong underneath. */
  readonly cause?: unknown;
  /** What the reader can do about it. */
  readonly hint?: string;
}

/**
 * The one error class of all packages.
 *
 * `code` is a stable upper-case word that a program can switch on, `message` one sentence that says what failed and
 * where, `hint` what to do about it. Nothing secret is ever in any of them.
 */
export class TsbuildError<Code extends string = string> extends Error {
  override readonly name: string = "TsbuildError";
  readonly code: Code;
  readonly hint: string | undefined;

  constructor(code: Code, message: string, options: TsbuildErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.hint = options.hint;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Tells whether `value` is such an error (of this `code`), across several installed copies of this package. */
  static is<Code extends string = string>(value: unknown, code?: Code): value is TsbuildError<Code> {
    if (!(value instanceof Error && BRAND in value)) return false;
    return code === undefined || ("code" in value && value.code === code);
  }
}
