/** The JSON example of a task's output that its prompt is given as `schema` (DESIGN §4). */
import type { z } from "zod";
import { ZodBuildError } from "../../../plan/zod/index.ts";
import type { Evaluation } from "../3-evaluate/state.ts";
import type { Value } from "../3-evaluate/value.ts";
import { BuildEnv } from "../3-evaluate/zod-members.ts";
import { SchemaBuilder } from "./schemas.ts";

/** Examples by output table, each made once and only when a prompt asks for it. */
export class Examples {
  readonly #tables: ReadonlyMap<string, Value>;
  readonly #builder: SchemaBuilder;
  readonly #made = new Map<string, string | null>();

  constructor(ev: Evaluation, tables: ReadonlyMap<string, Value>) {
    this.#tables = tables;
    this.#builder = new SchemaBuilder(tables, new BuildEnv(ev));
  }

  get tables(): readonly string[] {
    return [...this.#tables.keys()];
  }

  /** Null where there is no such table, or its schema can't be built: that is reported where schemas are lowered. */
  of(table: string): string | null {
    const known = this.#made.get(table);
    if (known !== undefined) return known;
    const made = this.#make(table);
    this.#made.set(table, made);
    return made;
  }

  #make(table: string): string | null {
    const value = this.#tables.get(table);
    if (value?.type !== "Schema") return null;
    try {
      return JSON.stringify(exampleOf(withoutPipe(this.#builder.build(value.expr)), []), null, 2);
    } catch (error) {
      if (error instanceof ZodBuildError || SchemaBuilder.isReported(error)) return null;
      throw error;
    }
  }
}

interface Def {
  readonly type: string;
  readonly element?: z.ZodType;
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
}

const defOf = (schema: z.ZodType): Def => schema.def as unknown as Def;

/** What is parsed first is what a model has to write. */
function withoutPipe(schema: z.ZodType): z.ZodType {
  const { type, in: first, innerType } = defOf(schema);
  if (type === "pipe" && first) return withoutPipe(first);
  return (type === "default" || type === "readonly") && innerType ? withoutPipe(innerType) : schema;
}

/** As the public library writes its examples: a text is its description, an enum its first member, a wrapper what is in it. */
function exampleOf(schema: z.ZodType, above: readonly z.ZodType[]): unknown {
  const { type, element, entries, innerType } = defOf(schema);
  const inside = [...above, schema];
  switch (type) {
    case "string":
      return schema.description || "string";
    case "number":
      return 0;
    case "boolean":
      return false;
    case "array":
      return [element ? exampleOf(element, inside) : "value"];
    case "enum":
      return Object.keys(entries ?? {})[0] ?? "enum";
    case "object": {
      if (above.includes(schema)) return schema.description || "value";
      const { shape } = schema as z.ZodObject;
      return Object.fromEntries(
        Object.entries(shape).map(([key, field]) => [key, exampleOf(field as z.ZodType, inside)]),
      );
    }
    case "nullable":
    case "optional":
      return innerType ? exampleOf(innerType, inside) : null;
    default:
      return schema.description || "value";
  }
}
