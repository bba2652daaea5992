// @ts-check
/**
 * What a compute function returns, as JSON: like JSON.stringify (toJSON honoured, undefined fields left out), but what
 * JSON.stringify would silently lose or bend is an error that names the field.
 *
 * @typedef {import("../../../../plan/types.ts").Json} Json
 */

/** A result without faithful JSON form. */
export class NotJson extends Error {
  /** @param {string} path @param {string} what */
  constructor(path, what) {
    super(`The result${path} is ${what}, which has no JSON form`);
    this.name = "NotJson";
  }
}

/** @param {unknown} value @returns {Json} `null` for undefined. */
export function toJson(value) {
  return value === undefined ? null : convert(value, "", new Set());
}

/** @param {unknown} value @param {string} path @param {Set<object>} above @returns {Json} */
function convert(value, path, above) {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (!Number.isFinite(value)) throw new NotJson(path, String(value));
      return Object.is(value, -0) ? 0 : value;
    case "undefined":
      throw new NotJson(path, "undefined");
    case "bigint":
    case "symbol":
    case "function":
      throw new NotJson(path, `a ${typeof value}`);
    case "object":
      break;
  }
  if (value === null) return null;
  if (above.has(value)) throw new NotJson(path, "part of itself");
  if (value instanceof Map || value instanceof Set || value instanceof Promise || value instanceof RegExp) {
    throw new NotJson(path, `a ${value.constructor.name}`);
  }
  above.add(value);
  try {
    if ("toJSON" in value && typeof value.toJSON === "function") {
      return convert(value.toJSON(), path, above);
    }
    if (Array.isArray(value)) return Array.from(value, (item, i) => convert(item, `${path}[${i}]`, above));
    // An Error has no enumerable fields; `{}` would hide it.
    const source = value instanceof Error ? { ...value, name: value.name, message: value.message } : value;
    /** @type {{ [key: string]: Json }} */
    const plain = {};
    for (const [key, item] of Object.entries(source)) {
      if (item === undefined) continue;
      Object.defineProperty(plain, key, {
        value: convert(item, `${path}.${key}`, above),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return plain;
  } finally {
    above.delete(value);
  }
}
