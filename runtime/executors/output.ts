import type { Json, Plan } from "../../plan/types.ts";
import { jsonSchemaOf, type Parsed, PlanSchemas, parseWith } from "../../plan/zod/index.ts";
import { type Failure, failure } from "./errors.ts";

/** Parses outputs with the plan's schemas; each is built once. */
export class OutputParser {
  readonly #schemas = new WeakMap<Plan, PlanSchemas>();

  /** `schema` names one of `plan.schemas`; null takes anything as it is. */
  parse(plan: Plan, schema: string | null, raw: Json): Parsed {
    if (schema === null) return { ok: true, value: raw };
    return parseWith(this.#of(plan).get(schema), raw);
  }

  /** JSON Schema of what an agent is to give: the form that parsing takes, before defaults and transforms. @throws ZodBuildError */
  asked(plan: Plan, schema: string): Json {
    return jsonSchemaOf(this.#of(plan).get(schema), "asked");
  }

  /** Why nothing could ever be parsed with the schema; null when it can. To be asked before work is done or paid for. */
  problem(plan: Plan, schema: string | null): Failure | null {
    if (schema === null) return null;
    try {
      this.#of(plan).get(schema);
      return null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return failure("INTERNAL", `Schema ${JSON.stringify(schema)} can't be used: ${reason}`);
    }
  }

  #of(plan: Plan): PlanSchemas {
    const known = this.#schemas.get(plan);
    if (known !== undefined) return known;
    const schemas = new PlanSchemas(plan);
    this.#schemas.set(plan, schemas);
    return schemas;
  }
}
