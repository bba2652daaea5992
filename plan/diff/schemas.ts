/** What changed in a schema, field by field. */
import { canonicalize } from "../canonical.ts";
import { coreText } from "../fields.ts";
import type { Json, Schema } from "../types.ts";

export interface FieldChange {
  /** As in `ticket.labels[]`; null where the difference is in no field's JSON Schema, as that of a refinement. */
  readonly field: string | null;
  readonly before: string | null;
  readonly after: string | null;
}

type Table = { readonly [key: string]: Json };

export function schemaChanges(before: Schema, after: Schema): readonly FieldChange[] {
  const old = new Map<string, string>();
  const now = new Map<string, string>();
  collectFields(before.jsonSchema, "", true, old);
  collectFields(after.jsonSchema, "", true, now);
  const changes: FieldChange[] = [];
  for (const [field, text] of old) {
    const other = now.get(field);
    if (other !== text) changes.push({ field, before: text, after: other ?? null });
  }
  for (const [field, text] of now) if (!old.has(field)) changes.push({ field, before: null, after: text });
  if (changes.length > 0) return changes.filter((change) => !isInside(change, changes));
  return [{ field: null, before: coreText(before.zod), after: coreText(after.zod) }];
}

/** Whether a field came or went with one that holds it. */
function isInside({ field, before, after }: FieldChange, all: readonly FieldChange[]): boolean {
  if (before !== null && after !== null) return false;
  return all.some(
    (other) =>
      (other.before === null) === (before === null) &&
      (other.after === null) === (after === null) &&
      (field!.startsWith(`${other.field}.`) || field!.startsWith(`${other.field}[]`)),
  );
}

/** Every field at any depth with what it says of itself, its own fields apart: those are fields too. */
function collectFields(
  schema: Json | undefined,
  path: string,
  required: boolean,
  into: Map<string, string>,
): void {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return;
  const { properties, items, required: names, $schema: _, ...own } = schema as Table;
  if (path !== "" || properties === undefined)
    into.set(path === "" ? "(whole)" : path, describe(own, required));
  else if (Object.keys(own).length > 0) into.set("(object)", describe(own, true));
  if (items !== undefined) collectFields(items, `${path}[]`, true, into);
  const needed = new Set(Array.isArray(names) ? names : []);
  if (typeof properties === "object" && properties !== null && !Array.isArray(properties))
    for (const [name, property] of Object.entries(properties))
      collectFields(property as Json, path === "" ? name : `${path}.${name}`, needed.has(name), into);
}

function describe({ type, ...rest }: Table, required: boolean): string {
  const parts: string[] = [];
  if (type !== undefined) parts.push(Array.isArray(type) ? type.join(" | ") : String(type));
  if (!required) parts.push("optional");
  for (const [key, value] of Object.entries(rest)) parts.push(`${key} ${canonicalize(value)}`);
  return parts.join(", ");
}
