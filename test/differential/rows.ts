/** Inputs and rows made up from Zod schemas, always the same for one seed. */
import { hash, type Random, random } from "../../cli/twin/random.ts";
import type { Json } from "../../plan/types.ts";

export { hash, type Random, random };

interface Definition {
  readonly type: string;
  readonly [key: string]: unknown;
}

const definition = (schema: unknown): Definition | undefined =>
  (schema as { readonly _zod?: { readonly def: Definition } } | undefined)?._zod?.def;

/** A value that the schema accepts; undefined for an absent optional. `name` colours strings. */
export function sample(schema: unknown, next: Random, name = "", depth = 0): Json | undefined {
  const def = definition(schema);
  if (!def) return null;
  const inner = (): Json | undefined => sample(def.innerType, next, name, depth);
  switch (def.type) {
    case "string":
      return text(next, name);
    case "number":
    case "int": {
      const x = next();
      const whole = def.type === "int" || (Array.isArray(def.checks) && def.checks.length > 0);
      const value = x < 0.2 ? 0 : x < 0.6 ? Math.floor(x * 10) : Math.floor(x * 40) / 2;
      return whole ? Math.floor(value) : value;
    }
    case "boolean":
      return next() < 0.5;
    case "enum":
      return pick(Object.values(def.entries as Record<string, Json>), next);
    case "literal":
      return pick(def.values as readonly Json[], next);
    case "array":
      return Array.from(
        // a schema of itself has to end
        { length: depth > 3 ? 0 : Math.floor(next() * 3.6) },
        () => sample(def.element, next, name, depth + 1) ?? null,
      );
    case "tuple":
      return (def.items as readonly unknown[]).map((x) => sample(x, next, name) ?? null);
    case "object": {
      const shape = def.shape as Record<string, unknown>;
      const entries = Object.entries(shape).map(([key, x]) => [key, sample(x, next, key, depth)] as const);
      return Object.fromEntries(entries.filter((x): x is readonly [string, Json] => x[1] !== undefined));
    }
    case "record":
      return Object.fromEntries(["k0", "k1"].map((key) => [key, sample(def.valueType, next, "v") ?? null]));
    case "optional":
      return next() < 0.35 ? undefined : inner();
    case "nullable":
      return next() < 0.35 ? null : inner();
    case "default":
    case "prefault":
      return next() < 0.3 ? (def.defaultValue as Json) : inner();
    case "union":
      return sample(pick(def.options as readonly unknown[], next), next, name);
    case "pipe":
      return sample(def.in, next, name);
    case "readonly":
    case "catch":
      return inner();
    default:
      return "any";
  }
}

function text(next: Random, name: string): string {
  const x = next();
  if (x < 0.08) return "";
  if (name === "note" && x < 0.5) return x < 0.2 ? '{"x": 3}' : x < 0.35 ? "{bad json" : '{"x": "<b> & q"}';
  const letter = pick(["a", "b", "c"], next);
  return /(id|slug|name|key)$/i.test(name) ? `${letter}${Math.floor(next() * 4)}` : `${letter} ${name} a1`;
}

function pick<T>(values: readonly T[], next: Random): T {
  return values[Math.floor(next() * values.length)]!;
}
