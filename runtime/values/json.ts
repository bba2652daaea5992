/** Core values → JSON, where a value leaves the run: payloads, captures, snapshots. */
import { CoreError, type Value } from "../../plan/core/values.ts";
import type { Json } from "../../plan/types.ts";

/** As JSON.stringify would have it; a Map, Set, function or handle has no JSON form and is an error. */
export function toJson(value: Value, where: string): Json {
  const json = convert(value, where, 0);
  return json === undefined ? null : json;
}

function convert(value: Value, where: string, depth: number): Json | undefined {
  if (depth > 500) throw new CoreError("LIMIT", `${where} nests too deeply`);
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? (Object.is(value, -0) ? 0 : value) : null;
    case "undefined":
      return undefined;
    case "object":
      break;
    default:
      throw new CoreError("FORBIDDEN", `${where} holds a ${typeof value}, which has no JSON form`);
  }
  if (value === null) return null;
  if (Array.isArray(value)) return Array.from(value, (item) => convert(item, where, depth + 1) ?? null);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new CoreError(
      "FORBIDDEN",
      `${where} holds a ${value.constructor?.name ?? "value"}, which has no JSON form`,
    );
  const result: { [key: string]: Json } = {};
  for (const [key, member] of Object.entries(value)) {
    const json = convert(member, where, depth + 1);
    if (json !== undefined) Object.defineProperty(result, key, { value: json, ...PLAIN });
  }
  return result;
}

/** One text for equal values, whatever the order of their keys; unlike RFC 8785 of half surrogate pairs too. */
export function stableText(value: Json): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/** A plain assignment of `__proto__` would set the prototype. */
const PLAIN = { enumerable: true, configurable: true, writable: true };
