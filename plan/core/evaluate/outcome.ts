import type { Span } from "../ast.ts";
import { CoreError, Demand, type Outcome, Pending, type Value } from "../values.ts";
import { isStackOverflow, Thrown } from "./errors.ts";
import { hasOwn } from "./types.ts";

const STACK_USED_UP = "recursion is too deep for this machine";

/**
 * Whether an error says that the machine's stack was used up. One residual alone never does that; evaluations inside
 * evaluations can, and then the inner one has to be done first, from a fresh stack (Demand).
 */
export function ranOutOfStack(error: unknown): boolean {
  return error instanceof CoreError && error.code === "LIMIT" && error.message === STACK_USED_UP;
}

/** The CoreError for a failure inside an evaluation; undefined for what is none (Pending, Demand, a fault of ours). */
export function thrownError(error: unknown, at?: Span): CoreError | undefined {
  const where = at && { span: at };
  if (error instanceof CoreError) {
    return where === undefined || error.span !== undefined
      ? error
      : new CoreError(error.code, error.message, { value: error.value, ...where });
  }
  if (error instanceof Thrown) {
    const { value } = error;
    return new CoreError("THROWN", messageOf(value), { value, ...where });
  }
  return isStackOverflow(error) ? new CoreError("LIMIT", STACK_USED_UP) : undefined;
}

/** What a person reads of a thrown value: the message of an error, else the value as JSON. */
function messageOf(value: Value): string {
  if (value instanceof Error) {
    return hasOwn(value, "message") && typeof value.message === "string" ? value.message : value.name;
  }
  if (typeof value === "string") {
    return value;
  }
  return typeof value === "object" && value !== null ? "an object was thrown" : String(value);
}

/** Runs an evaluation and gives how it ended. Demand, and whatever is a fault of ours, is thrown on. */
export function outcomeOf(run: () => Value): Outcome {
  try {
    return { kind: "value", value: run() };
  } catch (error) {
    if (error instanceof Pending) {
      return { kind: "pending", cell: error.cell };
    }
    const failure = error instanceof Demand ? undefined : thrownError(error);
    if (failure === undefined) {
      throw error;
    }
    return { kind: "error", error: failure };
  }
}
