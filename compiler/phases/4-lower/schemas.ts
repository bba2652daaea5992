/** Output tables and the input → schemas of the plan: the construction as Core text, and the JSON Schema it gives. */
import { printLines } from "../../../plan/core/index.ts";
import type { DraftSchema } from "../../../plan/draft.ts";
import type { Plan } from "../../../plan/types.ts";
import { buildZod, jsonSchemaOf, PlanEnv, ZodBuildError } from "../../../plan/zod/index.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import type { Span } from "../../surface.ts";
import { isPoisoned, mentionsPoison } from "../3-evaluate/poison.ts";
import type { SchemaValue, Value } from "../3-evaluate/value.ts";

/** The table whose schema describes what a run is started with; models never see it, so its input form is kept. */
export const INPUT = "input";

export function lowerSchemas(
  tables: ReadonlyMap<string, Value>,
  plan: Pick<Plan, "constants" | "functions">,
  problems: Diagnostic[],
): Record<string, DraftSchema> {
  const env = new PlanEnv(plan);
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
    const schema = lowerSchema(name, value, env, problems);
    if (schema) schemas[name] = schema;
  }
  return schemas;
}

function lowerSchema(
  name: string,
  value: SchemaValue,
  env: PlanEnv,
  problems: Diagnostic[],
): DraftSchema | null {
  try {
    const zod = buildZod(value.expr, { env });
    return {
      zod: printLines(value.expr),
      jsonSchema: jsonSchemaOf(zod, name === INPUT ? "input" : "output"),
    };
  } catch (error) {
    if (!(error instanceof ZodBuildError)) throw error;
    problems.push(problem("SM601", error.span ?? value.span, `The schema of \`${name}\`: ${error.message}`));
    return null;
  }
}

function spanOf(value: Value): Span | null {
  return "span" in value && value.span ? value.span : null;
}
