/**
 * RFC 8785 (JSON Canonicalization Scheme): the one byte form of a JSON value, for hashing only.
 * People read the form of plan/write.ts.
 */
import { hash } from "node:crypto";
import { childPath, itemPath } from "./path.ts";
import type { Digest } from "./types.ts";

/** Deeper values are refused: canonicalizing recurses, and no plan comes near it. */
export const MAX_JSON_DEPTH = 1_000;

/** A value that has no canonical form. `path` says where, as in `nodes.fix.payload[2]`; "" is the value itself. */
export class CanonicalError extends Error {
  readonly path: string;
  constructor(path: string, what: string) {
    super(path === "" ? what : `${path}: ${what}`);
    this.name = "CanonicalError";
    this.path = path;
  }
}

// With the `u` flag a pair counts as one code point, so only lone surrogates match.
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The RFC 8785 text of a JSON value; its UTF-8 encoding is the canonical bytes.
 *
 * @throws CanonicalError for anything that is not JSON (undefined, NaN, functions, class instances), for lone
 * surrogates (RFC 8785 §3.2.2.2) and for nesting deeper than MAX_JSON_DEPTH, which covers cycles.
 */
export function canonicalize(value: unknown): string {
  return write(value, "", 0);
}

function write(value: unknown, path: string, depth: number): string {
  switch (typeof value) {
    case "string":
      return quote(value, path);
    case "number":
      // RFC 8785 §3.2.2.3 is ECMAScript's own Number::toString, with -0 written as 0.
      if (!Number.isFinite(value)) throw new CanonicalError(path, `${value} is not a JSON number`);
      return String(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      break;
    default:
      throw new CanonicalError(path, `${typeof value} is not a JSON value`);
  }
  if (value === null) return "null";
  if (depth >= MAX_JSON_DEPTH)
    throw new CanonicalError(path.slice(0, 200), `nested deeper than ${MAX_JSON_DEPTH} levels`);
  if (Array.isArray(value)) {
    let text = "[";
    for (let i = 0; i < value.length; i++) {
      if (i > 0) text += ",";
      text += write(value[i], itemPath(path, i), depth + 1);
    }
    return `${text}]`;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new CanonicalError(path, `a ${value.constructor?.name ?? "class"} instance is not a JSON value`);
  let text = "{";
  // Default sort compares UTF-16 code units, which is the order RFC 8785 §3.2.3 asks for.
  for (const key of Object.keys(value).sort()) {
    if (text !== "{") text += ",";
    const at = childPath(path, key);
    text += `${quote(key, at)}:${write((value as Record<string, unknown>)[key], at, depth + 1)}`;
  }
  return `${text}}`;
}

function quote(text: string, path: string): string {
  if (LONE_SURROGATE.test(text)) throw new CanonicalError(path, "a lone surrogate has no UTF-8 form");
  // JSON.stringify escapes exactly what RFC 8785 §3.2.2.2 asks for.
  return JSON.stringify(text);
}

/** `sha256:` and 64 hex digits, of the UTF-8 bytes of `text`. */
export function sha256(text: string): Digest {
  return `sha256:${hash("sha256", text)}`;
}

/** Digest of the canonical bytes of a JSON value. @throws CanonicalError as canonicalize does. */
export function digestJson(value: unknown): Digest {
  return sha256(canonicalize(value));
}
