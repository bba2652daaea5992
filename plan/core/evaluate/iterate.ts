import type { Expr } from "../ast.ts";
import type { Value } from "../values.ts";
import { throwType } from "./errors.ts";
import type { Evaluation } from "./evaluation.ts";
import { render } from "./render.ts";
import { typed } from "./shown.ts";
import { typeOf } from "./types.ts";

/** The engine's own iterator over an iterable of Core, or undefined where the value is none. */
export function iteratorOf(value: Value): Iterator<Value> | undefined {
  switch (typeOf(value)) {
    case "string":
    case "array":
    case "map":
    case "set":
    case "iterator":
      return (value as Iterable<Value>)[Symbol.iterator]();
    default:
      return undefined;
  }
}

/** All elements of an iterable, paid for one by one. */
export function elementsOf(ev: Evaluation, value: Value, describe: () => string): Value[] {
  if (Array.isArray(value)) {
    ev.room(value.length);
    return Array.from({ length: value.length }, (_, i) => value[i] as Value);
  }
  const iterator = iteratorOf(value);
  if (iterator === undefined) {
    return throwType(describe());
  }
  const out: Value[] = [];
  for (let step = iterator.next(); step.done !== true; step = iterator.next()) {
    ev.spend(1);
    out.push(step.value);
    if ((out.length & 1023) === 0) {
      ev.room(out.length);
    }
  }
  return out;
}

/** How V8 says that a value is not iterable where it does not show the source. */
export function notIterable(value: Value): string {
  return `${typed(value)} is not iterable (cannot read property Symbol(Symbol.iterator))`;
}

/** The same where it shows the source: the list of a `for … of` or a spread. */
export function sourceNotIterable(expr: Expr, value: Value): string {
  if (expr.type === "Call") {
    return `${render(expr.callee)} is not a function or its return value is not iterable`;
  }
  if (expr.type === "New") {
    return `${expr.callee.name} is not a function or its return value is not iterable`;
  }
  const hidden =
    expr.type === "Object" &&
    expr.props.some((prop) => prop.type === "Property" && prop.value.type === "Arrow");
  return hidden || expr.type === "Chain" ? notIterable(value) : `${render(expr)} is not iterable`;
}
