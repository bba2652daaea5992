import { CoreError, type Value } from "../values.ts";

/** What the program itself threw: the one kind of failure that `catch` and `finally` see. Not an Error, for it needs no stack. */
export class Thrown {
  readonly value: Value;
  /** Made by an operation of Core rather than by the program: whoever catches it first owns it. */
  readonly fresh: boolean;
  constructor(value: Value, fresh: boolean) {
    this.value = value;
    this.fresh = fresh;
  }
}

export function throwType(message: string): never {
  throw new Thrown(new TypeError(message), true);
}

export function throwRange(message: string): never {
  throw new Thrown(new RangeError(message), true);
}

export function throwReference(message: string): never {
  throw new Thrown(new ReferenceError(message), true);
}

/** Runs an operation of the engine whose own errors are the program's. */
export function native<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error && !(error instanceof CoreError)) {
      throw new Thrown(error, true);
    }
    throw error;
  }
}

export function limitError(what: string): never {
  throw new CoreError("LIMIT", what);
}

export function forbidden(what: string): never {
  throw new CoreError("FORBIDDEN", what);
}

export function frozen(what: string): never {
  throw new CoreError("FROZEN", what);
}

export function handleError(what: string): never {
  throw new CoreError("HANDLE", what);
}

/** Whether an error says that the machine's own stack is used up (a deep chain of cells, never one residual alone). */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message === "Maximum call stack size exceeded";
}
