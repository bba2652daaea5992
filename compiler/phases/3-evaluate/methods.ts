/** Methods of Core's values by what they do to their receiver, and what they give. */
export const MUTATORS: ReadonlySet<string> = new Set([
  "push",
  "pop",
  "shift",
  "unshift",
  "splice",
  "sort",
  "reverse",
  "fill",
  "copyWithin",
  "set",
  "add",
  "delete",
  "clear",
  "setTime",
  ...["Date", "FullYear", "Hours", "Milliseconds", "Minutes", "Month", "Seconds"].flatMap((field) => [
    `set${field}`,
    `setUTC${field}`,
  ]),
]);

/** Methods that give a primitive, or an object that shares nothing at its top with the receiver. */
export const FRESH: ReadonlySet<string> = new Set([
  "map",
  "filter",
  "slice",
  "concat",
  "flat",
  "flatMap",
  "split",
  "toSorted",
  "toReversed",
  "toSpliced",
  "with",
  "keys",
  "entries",
  "values",
  "fromEntries",
  "from",
  "of",
  "parse",
  "match",
  "matchAll",
]);

/** Methods that give what the receiver holds. */
export const ACCESSORS: ReadonlySet<string> = new Set(["get", "at", "pop", "shift", "find", "findLast"]);

/** Methods that call back with members of the receiver. */
export const ITERATORS: ReadonlySet<string> = new Set([
  "map",
  "filter",
  "flatMap",
  "forEach",
  "find",
  "findLast",
  "findIndex",
  "findLastIndex",
  "some",
  "every",
  "sort",
  "toSorted",
]);

export const PRIMITIVE: ReadonlySet<string> = new Set([
  "join",
  "trim",
  "includes",
  "indexOf",
  "lastIndexOf",
  "findIndex",
  "some",
  "every",
  "has",
  "startsWith",
  "endsWith",
  "toUpperCase",
  "toLowerCase",
  "toString",
  "toFixed",
  "padStart",
  "padEnd",
  "replace",
  "replaceAll",
  "stringify",
  "charAt",
  "charCodeAt",
  "localeCompare",
  "test",
  "repeat",
  "substring",
]);

/** Methods of strings, arrays, maps and sets: what they do is known. */
export const isBuiltinMethod = (name: string): boolean =>
  FRESH.has(name) ||
  PRIMITIVE.has(name) ||
  MUTATORS.has(name) ||
  ACCESSORS.has(name) ||
  ITERATORS.has(name) ||
  name === "reduce" ||
  name === "reduceRight";
