import { Closure, Intrinsic } from "../evaluate/functions.ts";

/**
 * A text for a value that is the same for V8's and for Core's only if the values are: signed zeros, holes, key order,
 * lone surrogates, shared and circular references, own properties of arrays, the class and message of errors.
 */
export function encode(root: unknown): string {
  const seen = new Map<object, number>();
  const visit = (value: unknown): string => {
    if (typeof value === "function" || value instanceof Closure || value instanceof Intrinsic) {
      return isNamespace(value) ? "namespace" : "function";
    }
    if (typeof value !== "object" || value === null) {
      return typeof value === "string" ? JSON.stringify(value) : Object.is(value, -0) ? "-0" : String(value);
    }
    const known = seen.get(value);
    if (known !== undefined) {
      return `#${known}`;
    }
    seen.set(value, seen.size);
    return encodeObject(value, visit);
  };
  return visit(root);
}

function isNamespace(value: unknown): boolean {
  return value instanceof Intrinsic && value.run === undefined && value.construct === undefined;
}

function encodeObject(value: object, visit: (value: unknown) => string): string {
  if (value === Math || value === JSON) {
    return "namespace";
  }
  const keys = Object.keys(value);
  const props = (wanted: readonly string[]): string =>
    wanted.map((key) => `${JSON.stringify(key)}:${visit((value as Record<string, unknown>)[key])}`).join();
  if (Array.isArray(value)) {
    return `[${value.length}|${props(keys)}${extra(value, visit)}]`;
  }
  if (value instanceof Map) {
    return `Map(${[...value].map(([key, item]) => `${visit(key)}=>${visit(item)}`).join()})`;
  }
  if (value instanceof Set) {
    return `Set(${[...value].map(visit).join()})`;
  }
  if (value instanceof Date) {
    return `Date(${value.getTime()})`;
  }
  if (value instanceof RegExp) {
    return `RegExp(${value.source}/${value.flags}@${String(value.lastIndex)})`;
  }
  if (value instanceof Error) {
    const cause = Object.hasOwn(value, "cause") ? visit(value.cause) : "none";
    return `${value.constructor.name}(${visit(value.name)},${visit(value.message)},${cause},${props(keys)})`;
  }
  if (typeof (value as { next?: unknown }).next === "function" && Symbol.iterator in value) {
    return `Iterator(${[...(value as Iterable<unknown>)].map(visit).join()})`;
  }
  const bare = Object.getPrototypeOf(value) === null ? "bare" : "";
  return `${bare}{${props(keys)}}`;
}

/** `index`, `input`, `groups` of a match are own but listed by no key. */
function extra(value: unknown[], visit: (value: unknown) => string): string {
  const match = value as { index?: unknown; input?: unknown; groups?: unknown };
  return Object.hasOwn(value, "index")
    ? `|${visit(match.index)}${visit(match.input)}${visit(match.groups)}`
    : "";
}
