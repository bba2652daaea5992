// @ts-check
/**
 * Core values as JSON, for the captures of a compute task: plain JSON stands for itself, everything else is an object
 * whose only keys are `$` (the type) and `v`. An object that has a `$` key itself is wrapped as `{ $: "Object", v }`.
 *
 * This folder is plain JavaScript: the worker process runs it as it stands, from the sources and from the package.
 *
 * @typedef {import("../../../../plan/types.ts").Json} Json
 */

/** A value that can't be handed to another process; `path` says which part of it. */
export class NotTransferable extends Error {
  /** @param {string} path @param {string} what */
  constructor(path, what) {
    super(`${path} is ${what}, which can't be handed to another process`);
    this.name = "NotTransferable";
    this.path = path;
  }
}

/**
 * @param {unknown} value
 * @param {string} [path] How messages call the value.
 * @returns {Json}
 * @throws {NotTransferable} for functions, class instances, cycles.
 */
export function encode(value, path = "value") {
  return encodeAt(value, path, new Set());
}

/** @param {unknown} value @param {string} path @param {Set<object>} above @returns {Json} */
function encodeAt(value, path, above) {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "undefined":
      return { $: "undefined" };
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $: "number", v: Object.is(value, -0) ? "-0" : String(value) };
    case "bigint":
      return { $: "bigint", v: String(value) };
    case "symbol":
    case "function":
      throw new NotTransferable(path, `a ${typeof value}`);
    case "object":
      break;
  }
  if (value === null) return null;
  if (above.has(value)) throw new NotTransferable(path, "part of itself");
  above.add(value);
  try {
    return encodeObject(value, path, above);
  } finally {
    above.delete(value);
  }
}

/** @param {object} value @param {string} path @param {Set<object>} above @returns {Json} */
function encodeObject(value, path, above) {
  if (Array.isArray(value)) return Array.from(value, (item, i) => encodeAt(item, `${path}[${i}]`, above));
  if (value instanceof Date) return { $: "Date", v: Number.isNaN(value.getTime()) ? null : value.getTime() };
  if (value instanceof RegExp) return { $: "RegExp", v: [value.source, value.flags] };
  if (value instanceof Map) {
    const entries = Array.from(value, ([key, item], i) => [
      encodeAt(key, `${path} key ${i}`, above),
      encodeAt(item, `${path} entry ${i}`, above),
    ]);
    return { $: "Map", v: entries };
  }
  if (value instanceof Set) {
    return { $: "Set", v: Array.from(value, (item, i) => encodeAt(item, `${path} item ${i}`, above)) };
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new NotTransferable(path, `a ${value.constructor?.name || "value of a class"}`);
  }
  /** @type {{ [key: string]: Json }} */
  const plain = {};
  for (const [key, item] of Object.entries(value)) put(plain, key, encodeAt(item, `${path}.${key}`, above));
  return Object.hasOwn(plain, "$") ? { $: "Object", v: plain } : plain;
}

/**
 * The inverse of `encode`; every call gives fresh values.
 *
 * @param {Json} json
 * @returns {unknown}
 */
export function decode(json) {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(decode);
  const object = /** @type {{ readonly [key: string]: Json }} */ (json);
  if (!Object.hasOwn(object, "$")) return decodePlain(object);
  const { $: type, v = null } = object;
  switch (type) {
    case "undefined":
      return undefined;
    case "number":
      return Number(v);
    case "bigint":
      return BigInt(String(v));
    case "Date":
      return new Date(v === null ? Number.NaN : Number(v));
    case "RegExp": {
      const [source, flags] = list(v);
      return new RegExp(String(source), String(flags));
    }
    case "Map":
      return new Map(
        list(v).map((entry) => [decode(list(entry)[0] ?? null), decode(list(entry)[1] ?? null)]),
      );
    case "Set":
      return new Set(list(v).map(decode));
    case "Object":
      return decodePlain(/** @type {{ readonly [key: string]: Json }} */ (v));
    default:
      throw new TypeError(`Unknown tag ${JSON.stringify(type)} in a captured value`);
  }
}

/** @param {{ readonly [key: string]: Json }} json */
function decodePlain(json) {
  /** @type {{ [key: string]: unknown }} */
  const plain = {};
  for (const [key, item] of Object.entries(json)) put(plain, key, decode(item));
  return plain;
}

/** @param {Json} json @returns {readonly Json[]} */
function list(json) {
  if (!Array.isArray(json)) throw new TypeError("A tagged value holds a list");
  return json;
}

/** Assigning `__proto__` would set the prototype. @param {object} target @param {string} key @param {unknown} value */
function put(target, key, value) {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
