import { Handle, HostObject, type Value } from "../values.ts";
import { Closure, Intrinsic } from "./functions.ts";

/** The kinds of receiver that the tables tell apart. */
export const TYPES = [
  ...(["undefined", "null", "boolean", "number", "string", "object", "array", "map", "set", "date"] as const),
  ...(["regexp", "error", "iterator", "function", "intrinsic", "host", "handle", "unknown"] as const),
] as const;

export type TypeName = (typeof TYPES)[number];

const PROTOTYPES: ReadonlyMap<object, TypeName> = new Map<object, TypeName>([
  [Object.prototype, "object"],
  [Array.prototype, "array"],
  [Map.prototype, "map"],
  [Set.prototype, "set"],
  [Date.prototype, "date"],
  [RegExp.prototype, "regexp"],
  ...[Error, TypeError, RangeError, SyntaxError, ReferenceError, URIError, EvalError].map(
    (error): [object, TypeName] => [error.prototype, "error"],
  ),
  ...[
    [][Symbol.iterator](),
    new Map()[Symbol.iterator](),
    new Set()[Symbol.iterator](),
    ""[Symbol.iterator](),
    "".matchAll(/a/g),
  ].map((iterator): [object, TypeName] => [Object.getPrototypeOf(iterator), "iterator"]),
]);

export function isObject(value: Value): value is object {
  return typeof value === "object" && value !== null;
}

/** What kind of value this is, by its prototype and never by what it says of itself. */
export function typeOf(value: Value): TypeName {
  switch (typeof value) {
    case "undefined":
    case "boolean":
    case "number":
    case "string":
      return typeof value as TypeName;
    case "object": {
      if (value === null) {
        return "null";
      }
      const prototype = Object.getPrototypeOf(value) as object | null;
      if (prototype === null) {
        return "object";
      }
      return PROTOTYPES.get(prototype) ?? opaqueType(value);
    }
    case "function":
    case "symbol":
    case "bigint":
      return "unknown";
    default:
      return "unknown";
  }
}

function opaqueType(value: object): TypeName {
  if (value instanceof Closure) {
    return "function";
  }
  if (value instanceof Intrinsic) {
    return "intrinsic";
  }
  if (value instanceof HostObject) {
    return "host";
  }
  return value instanceof Handle ? "handle" : "unknown";
}

/** Plain objects and arrays: what most programs are made of. */
export function isPlain(value: Value): value is Record<string, Value> {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === Object.prototype || prototype === null;
}

export function hasOwn(value: object, key: string): boolean {
  return Object.hasOwn(value, key);
}
