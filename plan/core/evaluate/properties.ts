import { Handle, HostObject, type Value } from "../values.ts";
import { forbidden, handleError } from "./errors.ts";
import type { Evaluation } from "./evaluation.ts";
import { Closure, Intrinsic } from "./functions.ts";
import { guardKey } from "./keys.ts";
import { typeOf } from "./types.ts";

/** What Object() made of a primitive, only to be enumerated. */
function isBoxed(value: object): boolean {
  return value instanceof String || value instanceof Number || value instanceof Boolean;
}

/** Refuses to enumerate what is not data. */
export function checkEnumerable(value: object): void {
  if (value instanceof Handle) {
    handleError("the properties of a reference into the plan");
  }
  if (value instanceof HostObject || (typeOf(value) === "unknown" && !isBoxed(value))) {
    forbidden("the properties of something that is not data");
  }
}

/** Own enumerable string keys, as Object.keys lists them; functions have none. */
export function ownKeys(value: object): string[] {
  checkEnumerable(value);
  return value instanceof Closure || value instanceof Intrinsic ? [] : Object.keys(value);
}

/** What a spread in an object literal does. */
export function copyInto(
  ev: Evaluation,
  source: Value,
  out: Record<string, Value>,
  except?: ReadonlySet<string>,
): void {
  // of the primitives only strings have properties of their own
  if (source === undefined || source === null || typeof source === "boolean" || typeof source === "number") {
    return;
  }
  const object = Object(source) as Record<string, Value>;
  const keys = ownKeys(object);
  ev.room(keys.length);
  for (const key of keys) {
    if (except?.has(key) !== true) {
      guardKey(key);
      out[key] = object[key];
    }
  }
}

/** A copy of the own properties of a value but `except`: the rest of an object pattern. */
export function copyOwn(ev: Evaluation, source: Value, except?: ReadonlySet<string>): Record<string, Value> {
  const out: Record<string, Value> = {};
  copyInto(ev, source, out, except);
  return ev.own(out);
}
