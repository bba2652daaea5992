import type { Value } from "../values.ts";
import { forbidden } from "./errors.ts";
import { hasOwn, isObject, typeOf } from "./types.ts";

/** How V8 shows a value in most messages: without running anything of the program's. */
export function shown(value: Value): string {
  const type = typeOf(value);
  switch (type) {
    case "function":
    case "intrinsic":
      return forbidden("the text of a function");
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
      return `#<${Object.prototype.toString.call(value).slice(8, -1)}>`;
    case "iterator":
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

/** The note about the key in "Cannot read properties of undefined"; V8 leaves out one that it would have to run a program for. */
export function keyNote(word: "reading" | "setting", key: Value): string {
  const text = shown(key);
  return isObject(key) && text.startsWith("[object ") ? "" : ` (${word} '${text}')`;
}
