/** The JSON example of a task's output that its prompt is given as `schema` (DESIGN §4). */
import type { z } from "zod";
import { printLines } from "../../../plan/core/index.ts";
import { ZodBuildError } from "../../../plan/zod/index.ts";
import type { Evaluation } from "../3-evaluate/state.ts";
import type { Value } from "../3-evaluate/value.ts";
import { constantOf } from "./constants.ts";
import { SchemaBuilder } from "./schemas.ts";

/** Examples by output table, each made once. */
export class Examples {
  readonly #ev: Evaluation;
  readonly #tables: ReadonlyMap<string, Value>;
  readonly #made = new Map<string, string | null>();

  constructor(ev: Evaluation, tables: ReadonlyMap<string, Value>) {
    this.#ev = ev;
    this.#tables = tables;
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
    const print = new Map([...this.#ev.constants].map(([name, expr]) => [name, constantOf(expr)]));
    const functions = new Map([...this.#ev.functions].map(([name, arrow]) => [name, printLines(arrow)]));
    const plan = { constants: Object.fromEntries(print), functions: Object.fromEntries(functions) };
    try {
      const example = exampleOf(withoutPipe(new SchemaBuilder(this.#tables, plan).build(value.expr)), []);
      return JSON.stringify(example, null, 2);
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
