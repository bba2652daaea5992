/** The stored shape of a schema: field names and JSON types, out of its JSON Schema. Bounds, defaults, texts are no part of it. */
import type { Json } from "../types.ts";

type Table = { readonly [key: string]: Json };

const DICTIONARIES = ["properties", "patternProperties", "$defs", "definitions"] as const;
const LISTS = ["prefixItems", "anyOf", "oneOf", "allOf"] as const;
const SINGLES = ["items", "additionalProperties", "propertyNames", "not"] as const;

export function shapeOf(schema: Json): Json {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return schema;
  const from = schema as Table;
  const shape: { [key: string]: Json } = {};
  if (from.type !== undefined) shape.type = from.type;
  else if (Array.isArray(from.enum))
    shape.type = [...new Set(from.enum.map((value) => jsonType(value as Json)))].sort();
  else if (from.const !== undefined) shape.type = jsonType(from.const);
  if (from.$ref !== undefined) shape.$ref = from.$ref;
  for (const key of DICTIONARIES) {
    const table = from[key];
    if (typeof table !== "object" || table === null || Array.isArray(table)) continue;
    // Assigning `__proto__` would set a prototype; entries define.
    shape[key] = Object.fromEntries(
      Object.entries(table).map(([name, item]) => [name, shapeOf(item as Json)]),
    );
  }
  for (const key of LISTS) {
    const list = from[key];
    if (Array.isArray(list)) shape[key] = list.map((item) => shapeOf(item as Json));
  }
  for (const key of SINGLES) if (from[key] !== undefined) shape[key] = shapeOf(from[key]);
  return shape;
}

function jsonType(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value;
}
