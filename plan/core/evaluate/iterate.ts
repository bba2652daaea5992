import type { Value } from "../values.ts";
import { throwType } from "./errors.ts";
import type { Evaluation } from "./evaluation.ts";
import { isObject, typeOf } from "./types.ts";

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

/** How V8 names a value that is not iterable, where it has no source text to show. */
export function notIterable(value: Value): string {
  const tail = "is not iterable (cannot read property Symbol(Symbol.iterator))";
  if (value === undefined || value === null) {
    return `${value} ${tail}`;
  }
  return isObject(value)
    ? `object is not iterable (cannot read property Symbol(Symbol.iterator))`
    : `${typeof value} ${String(value)} ${tail}`;
}
