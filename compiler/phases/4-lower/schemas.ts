/** Output tables, the input and what they refer to → schemas of the plan: the construction as Core text, and its JSON Schema. */
import type { z } from "zod";
import type * as Core from "../../../plan/core/ast.ts";
import { printLines } from "../../../plan/core/index.ts";
import type { Env } from "../../../plan/core/values.ts";
import type { DraftSchema } from "../../../plan/draft.ts";
import type { Plan } from "../../../plan/types.ts";
import { buildZod, jsonSchemaOf, noJsonForm, PlanEnv, ZodBuildError } from "../../../plan/zod/index.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import type { Span } from "../../surface.ts";
import { isPoisoned, mentionsPoison, POISON_MARK } from "../3-evaluate/poison.ts";
import type { SchemaValue, Value } from "../3-evaluate/value.ts";

/** The table whose schema describes what a run is started with; models never see it, so its input form is kept. */
export const INPUT = "input";

export function lowerSchemas(
  tables: ReadonlyMap<string, Value>,
  plan: Pick<Plan, "constants" | "functions">,
  problems: Diagnostic[],
): Record<string, DraftSchema> {
  const builder = new SchemaBuilder(tables, new PlanEnv(plan));
  const schemas: Record<string, DraftSchema> = {};
  for (const [name, value] of tables) {
    if (isPoisoned(value) || (value.type === "Schema" && mentionsPoison(value.expr))) continue;
    if (value.type !== "Schema") {
      problems.push(
        problem("SM601", spanOf(value), `\`${name}\` is no Zod schema.`, {
          hint: `Write ${name}: z.object({ … }).`,
        }),
      );
      continue;
    }
    const schema = lowerSchema(name, value, builder, problems);
    if (schema) schemas[name] = schema;
  }
  return schemas;
}

/** A schema refers to one that was reported: once is enough. */
class Reported extends Error {}

/** Builds each construction once, so that a table and the schema that refers to it are the same one. */
export class SchemaBuilder {
  readonly #tables: ReadonlyMap<string, Value>;
  readonly #env: Env;
  readonly #built = new Map<Core.Expr, z.ZodType>();

  /** `env`: what names in the constructions stand for. */
  constructor(tables: ReadonlyMap<string, Value>, env: Env) {
    this.#tables = tables;
    this.#env = env;
  }

  /** Whether building failed for a reason that was reported. */
  static isReported(error: unknown): boolean {
    return error instanceof Reported;
  }

  build(expr: Core.Expr): z.ZodType {
    const known = this.#built.get(expr);
    if (known) return known;
    const schema = buildZod(expr, { env: this.#env, schema: (name) => this.#named(name) });
    this.#built.set(expr, schema);
    return schema;
  }

  #named(name: string): z.ZodType {
    const value = this.#tables.get(name);
    if (value && isPoisoned(value)) throw new Reported(`What ${name} is has been reported.`);
    if (value?.type !== "Schema") throw new ZodBuildError(`No schema is named ${JSON.stringify(name)}.`);
    return this.build(value.expr);
  }
}

function lowerSchema(
  name: string,
  value: SchemaValue,
  builder: SchemaBuilder,
  problems: Diagnostic[],
): DraftSchema | null {
  try {
    const zod = builder.build(value.expr);
    const found = noJsonForm(zod);
    if (found) {
      const where = found.path === "" ? `\`${name}\`` : `\`${found.path}\` of \`${name}\``;
      const message = `${where} is ${found.what}, which has no JSON form.`;
      problems.push(problem("SM601", value.span, message, { hint: found.instead }));
      return null;
    }
    return {
      zod: printLines(value.expr),
      jsonSchema: jsonSchemaOf(zod, name === INPUT ? "input" : "output"),
    };
  } catch (error) {
    if (error instanceof Reported) return null;
    if (!(error instanceof ZodBuildError)) throw error;
    // A constant that it names has been reported.
    if (error.message.includes(POISON_MARK)) return null;
    const host = /^host:(\S+) is not defined here$/.exec(error.message)?.[1];
    if (host !== undefined) {
      const why = `The schema of \`${name}\` uses the host value \`${host}\`, and a plan has one schema on every machine.`;
      const hint = "Make the field optional, and choose the value where it is read.";
      problems.push(problem("SM601", value.span, why, { hint }));
      return null;
    }
    problems.push(problem("SM601", error.span ?? value.span, `The schema of \`${name}\`: ${error.message}`));
    return null;
  }
}

function spanOf(value: Value): Span | null {
  return "span" in value && value.span ? value.span : null;
}
