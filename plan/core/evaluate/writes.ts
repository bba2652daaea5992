import { limits } from "../limits.ts";
import { Handle, type Value } from "../values.ts";
import { toKey } from "./coerce.ts";
import { forbidden, frozen, handleError, limitError, Thrown, throwType } from "./errors.ts";
import type { Evaluation } from "./evaluation.ts";
import { guardKey } from "./keys.ts";
import { keyNote } from "./shown.ts";
import { hasOwn, isObject, typeOf } from "./types.ts";

/** Refuses a write to what this evaluation did not allocate. */
export function checkWrite(ev: Evaluation, object: object, what: () => string): void {
  if (!ev.owns(object)) {
    if (object instanceof Handle) {
      handleError("a write to a reference into the plan");
    }
    frozen(`${what()}: the value was made elsewhere and is frozen`);
  }
}

/** `o.key = value`. */
export function setMember(ev: Evaluation, object: Value, key: string, value: Value): void {
  guardKey(key);
  if (!isObject(object)) {
    setOnPrimitive(object, key);
    return;
  }
  const type = typeOf(object);
  checkWrite(ev, object, () => `a write to ${type} property '${key}'`);
  switch (type) {
    case "array":
      setOnArray(ev, object as Value[], key, value);
      return;
    case "map":
    case "set":
    case "date":
    case "iterator":
      forbidden(`a property on a ${type}`);
      return;
    case "regexp":
      if (key !== "lastIndex") {
        forbidden("a property of a regular expression");
      }
      (object as RegExp).lastIndex = value as number;
      return;
    case "error":
      if (key === "stack") {
        forbidden("the stack of an error");
      }
      if (!hasOwn(object, key)) {
        // `name` and `message` are inherited and not writable from here
        Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
        return;
      }
      (object as unknown as Record<string, Value>)[key] = value;
      return;
    default:
      ev.spend(2);
      (object as Record<string, Value>)[key] = value;
  }
}

function setOnPrimitive(object: Value, key: string): void {
  if (object === undefined || object === null) {
    throwType(`Cannot set properties of ${object} (setting '${key}')`);
  }
  if (typeof object === "string" && hasOwn(Object(object) as object, key)) {
    throwType(`Cannot assign to read only property '${key}' of string '${object}'`);
  }
  throwType(`Cannot create property '${key}' on ${typeof object} '${String(object)}'`);
}

function setOnArray(ev: Evaluation, array: Value[], key: string, value: Value): void {
  if (key === "length") {
    if (typeof value !== "number") {
      forbidden("an array length that is not a number");
    }
    const length = value as number;
    if (length > limits.array && length <= 0xffff_ffff && Number.isInteger(length)) {
      limitError(`more than ${limits.array} elements`);
    }
    if (!Number.isInteger(length) || length < 0 || length > 0xffff_ffff) {
      throw invalidLength();
    }
    array.length = length;
    return;
  }
  const index = Number(key);
  if (index >= limits.array && String(index) === key) {
    limitError(`more than ${limits.array} elements`);
  }
  ev.spend(1);
  (array as unknown as Record<string, Value>)[key] = value;
}

export function invalidLength(): Thrown {
  return new Thrown(new RangeError("Invalid array length"), true);
}

/** `o[key] = value`, where the key is made one only if there is an object to write to. */
export function setComputed(ev: Evaluation, object: Value, key: Value, value: Value): void {
  if (object === undefined || object === null) {
    throwType(`Cannot set properties of ${object}${keyNote("setting", key)}`);
  }
  setMember(ev, object, toKey(ev, key), value);
}

/** `delete o.key`. */
export function deleteMember(ev: Evaluation, object: Value, key: string): boolean {
  guardKey(key);
  if (object === undefined || object === null) {
    return throwType("Cannot convert undefined or null to object");
  }
  if (!isObject(object)) {
    if (typeof object === "string" && hasOwn(Object(object) as object, key)) {
      return throwType(`Cannot delete property '${key}' of [object String]`);
    }
    return true;
  }
  checkWrite(ev, object, () => `deleting '${key}'`);
  if (Array.isArray(object) && key === "length") {
    return throwType("Cannot delete property 'length' of [object Array]");
  }
  const type = typeOf(object);
  if (type !== "object" && type !== "array" && type !== "error") {
    return forbidden(`deleting a property of a ${type}`);
  }
  return Reflect.deleteProperty(object, key);
}
