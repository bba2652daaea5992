import { dateText } from "../intrinsics/date-text.ts";
import { HostObject, type Value } from "../values.ts";
import { errorName } from "./error-objects.ts";
import { forbidden, handleError, throwType } from "./errors.ts";
import type { Evaluation } from "./evaluation.ts";
import { apply, isCallable } from "./functions.ts";
import { hasOwn, isObject, typeOf } from "./types.ts";

/** Refuses values that have no text, number or properties of their own. */
export function refuseOpaque(value: object): void {
  switch (typeOf(value)) {
    case "handle":
      handleError("a reference to an agent, prompt, schema, site or module can't be used as data");
      break;
    case "host":
      forbidden("this part of ctx can't be used as data");
      break;
    case "unknown":
      forbidden("not a value of Core");
      break;
    case "function":
    case "intrinsic":
      forbidden("the text of a function");
      break;
    default:
      return;
  }
}

/** ECMAScript ToPrimitive, with the built-in methods from our own table. */
export function toPrimitive(ev: Evaluation, value: Value, hint: "string" | "number" | "default"): Value {
  if (!isObject(value)) {
    return value;
  }
  refuseOpaque(value);
  const type = typeOf(value);
  const textFirst = hint === "string" || (hint === "default" && type === "date");
  for (const method of textFirst ? ["toString", "valueOf"] : ["valueOf", "toString"]) {
    let result: Value = value;
    if (hasOwn(value, method)) {
      const own = (value as Record<string, Value>)[method];
      if (isCallable(own)) {
        result = apply(ev, own);
      }
    } else if (Object.getPrototypeOf(value) === null) {
      result = value;
    } else if (method === "toString") {
      result = builtInText(ev, value);
    } else if (type === "date") {
      result = (value as Date).getTime();
    }
    if (!isObject(result)) {
      return result;
    }
  }
  return throwType("Cannot convert object to primitive value");
}

/** What the built-in `toString` of an object gives. */
export function builtInText(ev: Evaluation, value: object): string {
  switch (typeOf(value)) {
    case "array":
      return joinText(ev, value as Value[], ",", new Set());
    case "date":
      return dateText(value as Date, ev.timeZone);
    case "regexp":
      return RegExp.prototype.toString.call(value);
    case "error":
      return errorText(ev, value as Error);
    default:
      return tagText(value);
  }
}

export function tagText(value: object): string {
  return Object.prototype.toString.call(value);
}

function errorText(ev: Evaluation, error: Error): string {
  const name = toText(ev, errorName(error));
  const message = toText(ev, error.message);
  return name === "" ? message : message === "" ? name : `${name}: ${message}`;
}

/** Array.prototype.join; an array inside itself gives an empty text, as in V8. */
export function joinText(
  ev: Evaluation,
  array: readonly Value[],
  separator: string,
  open: Set<object>,
): string {
  if (open.has(array)) {
    return "";
  }
  open.add(array);
  ev.enter(20);
  const parts: string[] = [];
  let length = 0;
  const total = array.length;
  for (let i = 0; i < total; i++) {
    ev.spend(1);
    const item = array[i];
    const text =
      item === undefined || item === null
        ? ""
        : Array.isArray(item) && !hasOwn(item, "toString")
          ? joinText(ev, item, ",", open)
          : toText(ev, item);
    length += text.length + separator.length;
    ev.fits(length);
    parts.push(text);
  }
  ev.depth -= 20;
  open.delete(array);
  return ev.text(parts.join(separator));
}

/** ECMAScript ToString. */
export function toText(ev: Evaluation, value: Value): string {
  return typeof value === "string"
    ? value
    : String(isObject(value) ? toPrimitive(ev, value, "string") : value);
}

/** ECMAScript ToNumber. */
export function toNumber(ev: Evaluation, value: Value): number {
  return typeof value === "number"
    ? value
    : Number(isObject(value) ? toPrimitive(ev, value, "number") : value);
}

/** ECMAScript ToIntegerOrInfinity. */
export function toInteger(ev: Evaluation, value: Value): number {
  const number = toNumber(ev, value);
  return Number.isNaN(number) ? 0 : Math.trunc(number);
}

/** ECMAScript ToPropertyKey, without symbols. */
export function toKey(ev: Evaluation, value: Value): string {
  const key = toText(ev, value);
  if (key.length > 1024) {
    ev.spend(key.length >> 6);
  }
  return key;
}

export function truthy(value: Value): boolean {
  return Boolean(value);
}

export function typeofValue(value: Value): string {
  if (!isObject(value)) {
    return typeof value;
  }
  return isCallable(value) && !(value instanceof HostObject) ? "function" : "object";
}
