import type { z } from "zod";
import type { Plan } from "../types.ts";
import { buildZod } from "./build.ts";
import { PlanEnv } from "./core.ts";
import { ZodBuildError } from "./error.ts";

/** The parts of a plan that its schemas are built from. */
export type SchemaTexts = Pick<Plan, "constants" | "functions"> & {
  readonly schemas: { readonly [name: string]: Pick<Plan["schemas"][string], "zod"> };
};

/** The parsers of a plan's schemas, each built at its first use; schemas may refer to one another by name. */
export class PlanSchemas {
  readonly #plan: SchemaTexts;
  readonly #env: PlanEnv;
  readonly #built = new Map<string, z.ZodType>();

  constructor(plan: SchemaTexts) {
    this.#plan = plan;
    this.#env = new PlanEnv(plan);
  }

  /** @throws ZodBuildError when there is no such schema or its text can't be built. */
  get(name: string): z.ZodType {
    const known = this.#built.get(name);
    if (known !== undefined) return known;
    const { schemas } = this.#plan;
    const entry = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    if (entry === undefined) throw new ZodBuildError(`The plan has no schema named ${JSON.stringify(name)}.`);
    const schema = buildZod(entry.zod, { schema: (other) => this.get(other), env: this.#env });
    this.#built.set(name, schema);
    return schema;
  }
}
