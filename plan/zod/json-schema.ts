/**
 * JSON Schema of a schema, for models, checks and lints. Where Zod's own converter throws, drops or misleads
 * (PEERS, "Parsers") this says what can be said: wider than the parser where it must, never narrower.
 */
import * as z from "zod";
// Not `z.core`: that name would bring all of Zod's languages into a bundle.
import { $ZodRegistry } from "zod/v4/core";
import type { Json } from "../types.ts";

/**
 * @param side `output`: what parsing gives (defaults applied, transforms done); `input`: what it takes; `asked`: what to
 *   ask of somebody who is to write it — the input form, with the type that coercion wants and no fields beside those named.
 * @returns draft 2020-12 without `$schema`. Never throws: what can't be described is `{}`.
 */
export function jsonSchemaOf(schema: z.core.$ZodType, side: Side): Json {
  const metadata = new PlainMetadata();
  try {
    const json = z.toJSONSchema(schema as z.ZodType, {
      io: side === "output" ? "output" : "input",
      unrepresentable: "any",
      metadata,
      override: ({ zodSchema, jsonSchema }) => amend(zodSchema, jsonSchema, side),
    });
    const { $schema: _, ...rest } = json;
    return clean(rest);
  } catch {
    const description = z.globalRegistry.get(schema as z.ZodType)?.description;
    return typeof description === "string" ? { description } : {};
  }
}

/** What `z.toJSONSchema(schema, options)` gives in the author's own code. @throws where Zod does. */
export function plainJsonSchema(
  schema: z.core.$ZodType,
  options: Readonly<Record<string, string | boolean>>,
): Json {
  return JSON.parse(JSON.stringify(z.toJSONSchema(schema as z.ZodType, options))) as Json;
}

/** An `id` in `.meta(…)` would turn schemas into references, and fail where two share one; here it is only a label. */
class PlainMetadata extends $ZodRegistry<z.core.GlobalMeta> {
  override get<S extends z.core.$ZodType>(schema: S): z.core.$replace<z.core.GlobalMeta, S> | undefined {
    const meta = z.globalRegistry.get(schema);
    return meta === undefined ? undefined : { ...meta, id: undefined };
  }
}

export type Side = "input" | "output" | "asked";

type Mutable = z.core.JSONSchema.BaseSchema;

function amend(schema: z.core.$ZodTypes, json: Mutable, side: Side): void {
  const { def } = schema._zod;
  // z.int() says "within the safe integers" in two noisy lines that no reader needs.
  if (json.type === "integer") {
    if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
    if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
  }
  if (def.type === "date" && Object.keys(json).length === 0) {
    Object.assign(json, { type: "string", format: "date-time" });
  }
  if (side === "asked" && def.type === "object" && def.catchall === undefined)
    json.additionalProperties = false;
  // Coercion takes more than the type it gives.
  if (side === "input" && "coerce" in def && def.coerce === true) {
    const { description, default: fallback } = json;
    for (const key of Object.keys(json)) delete json[key];
    Object.assign(
      json,
      description === undefined ? {} : { description },
      fallback === undefined ? {} : { default: fallback },
    );
  }
  const notes: string[] = [];
  for (const check of def.checks ?? []) {
    const rule = check._zod.def;
    if (rule.check === "custom") notes.push(refinement(schema, rule));
    if (rule.check === "string_format" && "pattern" in rule && rule.pattern instanceof RegExp) {
      // JSON Schema patterns have no flags: without them /a/i would refuse what the parser takes.
      if (/[imsy]/.test(rule.pattern.flags)) {
        dropPattern(json, rule.pattern.source);
        notes.push(`must match ${String(rule.pattern)}`);
      }
    }
  }
  if (notes.length > 0)
    json.$comment = [json.$comment, ...notes].filter((note) => note !== undefined).join("; ");
}

/** A refinement can't be expressed; its message tells a model what the parser will ask for. */
function refinement(schema: z.core.$ZodTypes, rule: z.core.$ZodCheckDef): string {
  const message = rule.error?.({ code: "custom", input: undefined, path: [], inst: schema } as never);
  const text = typeof message === "string" ? message : message?.message;
  return text ?? "checked further by the parser";
}

function dropPattern(json: Mutable, source: string): void {
  if (json.pattern === source) delete json.pattern;
  if (Array.isArray(json.allOf)) {
    json.allOf = json.allOf.filter((part) => typeof part !== "object" || part.pattern !== source);
    if (json.allOf.length === 0) delete json.allOf;
  }
}

/** A plain JSON copy: Zod leaves non-enumerable helpers and shared objects behind. */
function clean(json: object): Json {
  return JSON.parse(JSON.stringify(json)) as Json;
}
