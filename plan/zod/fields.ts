import type { z } from "zod";
import type { Json } from "../types.ts";
import { jsonSchemaOf } from "./json-schema.ts";

export interface Field {
  /** JSON types the field may have, as JSON Schema names them (`integer` included); empty when anything may stand there. */
  readonly types: readonly string[];
  /** Whether a parsed value may lack the field. */
  readonly optional: boolean;
  readonly jsonSchema: Json;
}

export interface Fields {
  readonly fields: ReadonlyMap<string, Field>;
  /** Other fields than these may occur (looseObject, record, catchall, any). */
  readonly open: boolean;
}

type JsonObject = { readonly [key: string]: Json };

/** Top-level fields of what the schema gives; null when its values are no objects. Fields of a union are those of all its members. */
export function fieldsOf(schema: z.ZodType): Fields | null {
  return read(jsonSchemaOf(schema, "output"), new Set());
}

function read(json: Json, seen: Set<Json>, root: Json = json): Fields | null {
  if (!isObject(json) || seen.has(json)) return null;
  seen.add(json);
  if (typeof json.$ref === "string") return read(resolve(root, json.$ref), seen, root);
  const members = json.anyOf ?? json.oneOf;
  if (Array.isArray(members)) return union(members.map((member) => read(member, seen, root)));
  if (Array.isArray(json.allOf)) return intersection(json.allOf.map((member) => read(member, seen, root)));
  const types = typesOf(json);
  if (types.length === 0 && json.properties === undefined) return { fields: new Map(), open: true };
  if (types.length > 0 && !types.includes("object")) return null;
  const required = Array.isArray(json.required) ? json.required : [];
  const fields = new Map<string, Field>();
  for (const [name, field] of Object.entries(isObject(json.properties) ? json.properties : {})) {
    fields.set(name, {
      types: typesOf(isObject(field) ? field : {}),
      optional: !required.includes(name),
      jsonSchema: field,
    });
  }
  return { fields, open: json.additionalProperties !== false };
}

function union(members: readonly (Fields | null)[]): Fields | null {
  const objects = members.filter((member) => member !== null);
  if (objects.length === 0) return null;
  const fields = new Map<string, Field>();
  for (const name of new Set(objects.flatMap((member) => [...member.fields.keys()]))) {
    const found = objects.map((member) => member.fields.get(name));
    const present = found.filter((field) => field !== undefined);
    const anything = present.some((field) => field.types.length === 0);
    const schemas = present.map((field) => field.jsonSchema);
    fields.set(name, {
      types: anything ? [] : [...new Set(present.flatMap((field) => field.types))],
      optional: found.some((field) => field === undefined || field.optional),
      jsonSchema: schemas.length === 1 ? schemas[0]! : { anyOf: schemas },
    });
  }
  return { fields, open: objects.some((member) => member.open) };
}

function intersection(members: readonly (Fields | null)[]): Fields | null {
  const objects = members.filter((member) => member !== null);
  if (objects.length < members.length) return null;
  return {
    fields: new Map(objects.flatMap((member) => [...member.fields])),
    open: objects.some((member) => member.open),
  };
}

function typesOf(json: JsonObject): string[] {
  if (typeof json.type === "string") return [json.type];
  if (Array.isArray(json.type)) return json.type.filter((type) => typeof type === "string");
  if (json.const !== undefined) return [jsonType(json.const)];
  if (Array.isArray(json.enum)) return [...new Set(json.enum.map(jsonType))];
  const members = json.anyOf ?? json.oneOf;
  if (!Array.isArray(members)) return [];
  const all = members.map((member) => typesOf(isObject(member) ? member : {}));
  return all.some((types) => types.length === 0) ? [] : [...new Set(all.flat())];
}

function jsonType(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** `#`, `#/$defs/name`. */
function resolve(root: Json, ref: string): Json {
  let at: Json = root;
  for (const part of ref.split("/").slice(1)) {
    if (!isObject(at)) return null;
    at = at[part.replaceAll("~1", "/").replaceAll("~0", "~")] ?? null;
  }
  return at;
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
