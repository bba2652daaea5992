/** Where what a schema takes and what it gives are of different types (`z.string().transform(Number)`). */
import * as z from "zod";
import type { Json } from "../types.ts";
import { jsonSchemaOf } from "./json-schema.ts";

export interface Skew {
  /** As one writes it in code: `items[].n`; "" for the value itself. */
  readonly path: string;
  readonly takes: string;
  readonly gives: string;
}

/** All places where no value that is given could be taken again. */
export function skewsOf(schema: z.core.$ZodType): readonly Skew[] {
  const found: Skew[] = [];
  visit(schema, "", new Set(), found);
  return found;
}

function visit(schema: z.core.$ZodType, path: string, seen: Set<z.core.$ZodType>, found: Skew[]): void {
  if (seen.has(schema)) return;
  seen.add(schema);
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "object":
      for (const [key, field] of Object.entries(def.shape))
        visit(field, path === "" ? key : `${path}.${key}`, seen, found);
      return;
    case "array":
      visit(def.element, `${path}[]`, seen, found);
      return;
    case "tuple":
      for (const [n, item] of def.items.entries()) visit(item, `${path}[${n}]`, seen, found);
      return;
    case "record":
      visit(def.valueType, `${path}[…]`, seen, found);
      return;
    case "optional":
    case "nullable":
    case "nonoptional":
    case "default":
    case "prefault":
    case "catch":
    case "readonly":
      visit(def.innerType, path, seen, found);
      return;
    case "intersection":
      visit(def.left, path, seen, found);
      visit(def.right, path, seen, found);
      return;
    case "lazy":
      visit(def.getter(), path, seen, found);
      return;
    case "pipe": {
      const takes = typesOf(jsonSchemaOf(schema, "asked"));
      const said = typesOf(jsonSchemaOf(schema, "output"));
      const gives = said.length > 0 ? said : typesGiven(schema, takes);
      if (takes.length > 0 && gives.length > 0 && !gives.some((type) => takes.includes(type)))
        found.push({ path, takes: takes.join(" or "), gives: gives.join(" or ") });
      return;
    }
    default:
      // A union may take again with one member what another gave; what else there is gives what it takes.
      return;
  }
}

const SAMPLES: ReadonlyMap<string, readonly Json[]> = new Map<string, readonly Json[]>([
  ["string", ["", "a", "1", "2026-01-02", "[]", "{}"]],
  ["number", [0, 1, -1.5]],
  ["boolean", [true, false]],
  ["array", [[], [""], [1]]],
  ["object", [{}]],
]);

/** The types that a function without a stated result gives for some values; none where it refuses them all. */
function typesGiven(schema: z.core.$ZodType, takes: readonly string[]): readonly string[] {
  const types = new Set<string>();
  for (const sample of takes.flatMap((type) => SAMPLES.get(type) ?? [])) {
    try {
      const parsed = z.safeParse(schema, structuredClone(sample));
      if (parsed.success) types.add(typeName(parsed.data));
    } catch {
      // A sample that the author's function was not made for says nothing.
    }
  }
  return [...types];
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** JSON types as they are spoken of; `integer` is a number. */
function typesOf(json: Json): string[] {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return [];
  const { type, anyOf } = json as { readonly [key: string]: Json };
  if (typeof type === "string") return [type === "integer" ? "number" : type];
  if (!Array.isArray(anyOf)) return [];
  const members = anyOf.map(typesOf);
  return members.some((types) => types.length === 0) ? [] : [...new Set(members.flat())];
}
