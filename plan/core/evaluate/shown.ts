import type { Value } from "../values.ts";
import { hasOwn, isObject, typeOf } from "./types.ts";

/** How V8 shows a value in most messages: without running anything of the program's. */
export function shown(value: Value): string {
  const type = typeOf(value);
  switch (type) {
    case "function":
    case "intrinsic":
      return "function";
    case "array":
    case "date":
    case "regexp":
      return `[object ${Object.prototype.toString.call(value).slice(8, -1)}]`;
    case "error":
      return String(value);
    case "object":
      return hasOwn(value as object, "toString") ? "[object Object]" : "#<Object>";
    case "map":
    case "set":
    case "iterator":
      return `#<${Object.prototype.toString.call(value).slice(8, -1)}>`;
    case "host":
    case "handle":
    case "unknown":
      return "#<Object>";
    default:
      return String(value);
  }
}

/** How V8 shows a value where it has no source text for it: with its type. */
export function typed(value: Value): string {
  switch (typeOf(value)) {
    case "undefined":
      return "undefined";
    case "null":
      return "object null";
    case "string":
      return `string "${String(value)}"`;
    case "function":
    case "intrinsic":
      return "function";
    default:
      return isObject(value) ? "object" : `${typeof value} ${String(value)}`;
  }
}
