import { methodOf } from "../intrinsics/table.ts";
import type { Handle, HostObject, Value } from "../values.ts";
import { toKey } from "./coerce.ts";
import { errorName } from "./error-objects.ts";
import { forbidden, handleError, throwType } from "./errors.ts";
import type { Evaluation } from "./evaluation.ts";
import { Intrinsic } from "./functions.ts";
import { guardKey } from "./keys.ts";
import { keyNote } from "./shown.ts";
import { hasOwn, type TypeName, typeOf } from "./types.ts";

/** `o.key`. A method may be called or asked for its type, not taken along. */
export function getMember(ev: Evaluation, object: Value, key: string): Value {
  const value = lookUp(ev, object, key);
  if (value instanceof Intrinsic && value.isMethod) {
    forbidden(`the method ${key} without a call`);
  }
  return value;
}

/** As getMember, and methods too: for a call or for `typeof`. */
export function lookUp(ev: Evaluation, object: Value, key: string): Value {
  guardKey(key);
  if (typeof object === "object" && object !== null) {
    const type = typeOf(object);
    switch (type) {
      case "host":
        ev.spend(1);
        return (object as HostObject).get(key, ev.reader);
      case "handle":
        return handleError(
          `a property of ${(object as Handle).kind} '${(object as Handle).id}', which is a reference into the plan`,
        );
      case "intrinsic":
        return (object as Intrinsic).members.get(key) ?? inherited(type, key);
      case "function":
        return inherited(type, key);
      case "unknown":
        return forbidden("not a value of Core");
      default:
        if (hasOwn(object, key)) {
          return type === "error" && key === "stack"
            ? forbidden("the stack of an error")
            : (object as Record<string, Value>)[key];
        }
        return special(object, type, key) ?? inherited(type, key, Object.getPrototypeOf(object) === null);
    }
  }
  if (object === undefined || object === null) {
    return throwType(`Cannot read properties of ${object} (reading '${key}')`);
  }
  if (typeof object === "string") {
    return hasOwn(Object(object) as object, key)
      ? (Object(object) as Record<string, Value>)[key]
      : inherited("string", key);
  }
  return inherited(typeOf(object), key);
}

/** What is a getter in the engine. */
function special(object: object, type: TypeName, key: string): Value {
  switch (type) {
    case "map":
    case "set":
      return key === "size" ? (object as Set<Value>).size : undefined;
    case "error":
      return key === "name"
        ? errorName(object as Error)
        : key === "message"
          ? (object as Error).message
          : undefined;
    case "regexp":
      return REGEXP_GETTERS.has(key) ? (object as unknown as Record<string, Value>)[key] : undefined;
    default:
      return undefined;
  }
}

const REGEXP_GETTERS: ReadonlySet<string> = new Set([
  ...["source", "flags", "global", "ignoreCase", "multiline", "dotAll", "unicode", "sticky", "hasIndices"],
]);

const INHERITED: Readonly<Partial<Record<TypeName, object>>> = {
  object: Object.prototype,
  array: Array.prototype,
  string: String.prototype,
  number: Number.prototype,
  boolean: Boolean.prototype,
  map: Map.prototype,
  set: Set.prototype,
  date: Date.prototype,
  regexp: RegExp.prototype,
  error: Error.prototype,
  function: Function.prototype,
  intrinsic: Function.prototype,
};

/** A method of the table, or undefined; what the engine has and the table has not is refused rather than undefined. */
function inherited(type: TypeName, key: string, bare = false): Value {
  if (bare) {
    return undefined;
  }
  const method = methodOf(type, key);
  if (method !== undefined) {
    return method;
  }
  const prototype = INHERITED[type] ?? Object.prototype;
  return key in prototype ? forbidden(`${key} of ${type}`) : undefined;
}

/** As lookUp, where the key is made one only if there is an object to look at. */
export function lookUpComputed(ev: Evaluation, object: Value, key: Value): Value {
  if (object === undefined || object === null) {
    return throwType(`Cannot read properties of ${object}${keyNote("reading", key)}`);
  }
  return lookUp(ev, object, toKey(ev, key));
}
