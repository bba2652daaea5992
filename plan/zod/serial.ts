/** Values of a schema that JSON can't hold: rows are stored as JSON and read back as it (DESIGN §5 "Schemas"). */
import type * as z from "zod";

export interface NoJsonForm {
  /** As one writes it in code: `items[].when`; "" for the value itself. */
  readonly path: string;
  readonly what: string;
  readonly instead: string;
}

/** The first place where what the schema gives is certainly no JSON; null where there is none. */
export function noJsonForm(schema: z.core.$ZodType): NoJsonForm | null {
  return find(schema, "", new Set());
}

function find(schema: z.core.$ZodType, path: string, seen: Set<z.core.$ZodType>): NoJsonForm | null {
  if (seen.has(schema)) return null;
  seen.add(schema);
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const first = (parts: readonly (readonly [z.core.$ZodType, string])[]): NoJsonForm | null => {
    for (const [part, at] of parts) {
      const found = find(part, at, seen);
      if (found) return found;
    }
    return null;
  };
  switch (def.type) {
    case "date":
      return {
        path,
        what: "a Date",
        instead: "Use z.iso.datetime() or z.iso.date(), and make a Date of the text where one is needed.",
      };
    case "bigint":
      return { path, what: "a bigint", instead: "Use z.int(), or z.string() for whole numbers beyond 2^53." };
    case "nan":
      return { path, what: "NaN", instead: "Use z.number().nullable() and null for what is no number." };
    case "symbol":
      return { path, what: "a symbol", instead: "Use z.enum([…]) or z.literal(…)." };
    case "map":
      return { path, what: "a Map", instead: "Use z.record(z.string(), …)." };
    case "set":
      return { path, what: "a Set", instead: "Use z.array(…)." };
    case "object":
      return first([
        ...Object.entries(def.shape).map(
          ([key, field]) => [field, path === "" ? key : `${path}.${key}`] as const,
        ),
        ...(def.catchall ? [[def.catchall, `${path}[…]`] as const] : []),
      ]);
    case "array":
      return first([[def.element, `${path}[]`]]);
    case "tuple":
      return first([
        ...def.items.map((item, n) => [item, `${path}[${n}]`] as const),
        ...(def.rest ? [[def.rest, `${path}[…]`] as const] : []),
      ]);
    case "record":
      return first([[def.valueType, `${path}[…]`]]);
    case "intersection":
      return first([
        [def.left, path],
        [def.right, path],
      ]);
    case "pipe":
      return first([[def.out, path]]);
    case "lazy":
      return first([[def.getter(), path]]);
    case "optional":
    case "nullable":
    case "nonoptional":
    case "default":
    case "prefault":
    case "catch":
    case "readonly":
    case "success":
      return first([[def.innerType, path]]);
    case "union":
      // Another member may be the one that is meant for JSON: only where none is, nothing fits.
      return noneOf(def.options, path, seen);
    case "string":
    case "number":
    case "boolean":
    case "undefined":
    case "null":
    case "void":
    case "any":
    case "unknown":
    case "never":
    case "enum":
    case "literal":
    case "template_literal":
    case "file":
    case "function":
    case "promise":
    case "custom":
    case "transform":
      return null;
    default: {
      const never: never = def;
      return never;
    }
  }
}

function noneOf(
  options: readonly z.core.$ZodType[],
  path: string,
  seen: Set<z.core.$ZodType>,
): NoJsonForm | null {
  let last: NoJsonForm | null = null;
  for (const option of options) {
    last = find(option, path, seen);
    if (!last) return null;
  }
  return last;
}
