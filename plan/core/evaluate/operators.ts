import type { BinaryOp } from "../ast.ts";
import { Handle, HostObject, type Value } from "../values.ts";
import { toKey, toNumber, toPrimitive } from "./coerce.ts";
import { forbidden, handleError, throwType } from "./errors.ts";
import type { Evaluation } from "./evaluation.ts";
import { Closure, Intrinsic, isCallable } from "./functions.ts";
import { guardKey } from "./keys.ts";
import { shown } from "./shown.ts";
import { isObject, typeOf } from "./types.ts";

export type BinaryRun = (ev: Evaluation, a: Value, b: Value) => Value;

/** ECMAScript `+`. */
export function add(ev: Evaluation, a: Value, b: Value): Value {
  if (typeof a === "number" && typeof b === "number") {
    return a + b;
  }
  const left = isObject(a) ? toPrimitive(ev, a, "default") : a;
  const right = isObject(b) ? toPrimitive(ev, b, "default") : b;
  if (typeof left === "string" || typeof right === "string") {
    const leftText = typeof left === "string" ? left : String(left);
    const rightText = typeof right === "string" ? right : String(right);
    const length = leftText.length + rightText.length;
    if (length > 64) {
      ev.textOf(length);
    }
    return leftText + rightText;
  }
  return Number(left) + Number(right);
}

/** `===`; references to one thing of the plan are one value, however often they were made. */
export function strictEquals(ev: Evaluation, a: Value, b: Value): boolean {
  if (typeof a === "string" && typeof b === "string" && a.length > 1024 && a.length === b.length) {
    ev.spend(a.length >> 6);
  }
  return a === b || (a instanceof Handle && b instanceof Handle && sameHandle(a, b));
}

function sameHandle(a: Handle, b: Handle): boolean {
  return (
    a.kind === b.kind && a.id === b.id && a.args === undefined && b.args === undefined && a.kind !== "site"
  );
}

export function looseEquals(ev: Evaluation, a: Value, b: Value): boolean {
  const left =
    isObject(a) && !isObject(b) && b !== null && b !== undefined ? toPrimitive(ev, a, "default") : a;
  const right =
    isObject(b) && !isObject(a) && a !== null && a !== undefined ? toPrimitive(ev, b, "default") : b;
  // biome-ignore lint/suspicious/noDoubleEquals: this is the operator itself
  return strictEquals(ev, left, right) || left == right;
}

type Compare = "<" | "<=" | ">" | ">=";

function compare(op: Compare): BinaryRun {
  const primitive = comparePrimitives(op);
  return (ev, a, b) => {
    if (typeof a === "number" && typeof b === "number") {
      return primitive(a, b);
    }
    const left = toPrimitive(ev, a, "number");
    const right = toPrimitive(ev, b, "number");
    if (typeof left === "string" && typeof right === "string") {
      ev.spend(Math.min(left.length, right.length) >> 6);
    }
    return primitive(left as number, right as number);
  };
}

/** The engine's own comparison, on primitives of any kind. */
function comparePrimitives(op: Compare): (a: number, b: number) => boolean {
  switch (op) {
    case "<":
      return (a, b) => a < b;
    case "<=":
      return (a, b) => a <= b;
    case ">":
      return (a, b) => a > b;
    case ">=":
      return (a, b) => a >= b;
    default:
      return op satisfies never;
  }
}

function arithmetic(run: (a: number, b: number) => number): BinaryRun {
  return (ev, a, b) => {
    if (typeof a === "number" && typeof b === "number") {
      return run(a, b);
    }
    const left = toNumber(ev, a);
    return run(left, toNumber(ev, b));
  };
}

/** What every agent has and none has, whatever its class: so a list of agents is told from one of entries that hold them. */
const OF_AGENTS: ReadonlyMap<string, boolean> = new Map([
  ["generate", true],
  ["agent", false],
]);

function isIn(ev: Evaluation, key: Value, target: Value): boolean {
  if (!isObject(target)) {
    return throwType(
      `Cannot use 'in' operator to search for '${shown(key)}' in ${typeof target === "string" ? target : String(target)}`,
    );
  }
  const name = toKey(ev, key);
  guardKey(name);
  if (target instanceof Handle) {
    const answer = target.kind === "agent" ? OF_AGENTS.get(name) : undefined;
    return answer ?? handleError("'in' on a reference to the plan");
  }
  if (
    target instanceof HostObject ||
    target instanceof Closure ||
    target instanceof Intrinsic ||
    typeOf(target) === "unknown"
  ) {
    return forbidden("'in' on something that is not data");
  }
  return name in target;
}

function instanceOf(value: Value, type: Value): boolean {
  if (!(type instanceof Intrinsic) || type.native === undefined) {
    if (!isObject(type)) {
      return throwType("Right-hand side of 'instanceof' is not an object");
    }
    if (!isCallable(type)) {
      return throwType("Right-hand side of 'instanceof' is not callable");
    }
    return isObject(value)
      ? throwType("Function has non-object prototype 'undefined' in instanceof check")
      : false;
  }
  if (value instanceof Closure || value instanceof Intrinsic) {
    return type.name === "Object" || type.name === "Function";
  }
  if (value instanceof HostObject || value instanceof Handle) {
    return type.name === "Object";
  }
  return value instanceof type.native;
}

/** Every binary operator. */
export const BINARY: Readonly<Record<BinaryOp, BinaryRun>> = {
  "+": add,
  "-": arithmetic((a, b) => a - b),
  "*": arithmetic((a, b) => a * b),
  "/": arithmetic((a, b) => a / b),
  "%": arithmetic((a, b) => a % b),
  "**": arithmetic((a, b) => a ** b),
  "&": arithmetic((a, b) => a & b),
  "|": arithmetic((a, b) => a | b),
  "^": arithmetic((a, b) => a ^ b),
  "<<": arithmetic((a, b) => a << b),
  ">>": arithmetic((a, b) => a >> b),
  ">>>": arithmetic((a, b) => a >>> b),
  "==": looseEquals,
  "!=": (ev, a, b) => !looseEquals(ev, a, b),
  "===": strictEquals,
  "!==": (ev, a, b) => !strictEquals(ev, a, b),
  "<": compare("<"),
  "<=": compare("<="),
  ">": compare(">"),
  ">=": compare(">="),
  in: isIn,
  instanceof: (_ev, a, b) => instanceOf(a, b),
};
