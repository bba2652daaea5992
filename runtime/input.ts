/** The workflow's input, parsed before anything is written. */
import { parseExpr } from "../plan/core/index.ts";
import type { Json, Plan } from "../plan/types.ts";
import { buildZod, formatIssues, parseWith } from "../plan/zod/index.ts";

export class InputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InputError";
  }
}

/** The input as the workflow sees it: parsed by the plan's schema, defaults filled in. @throws InputError naming every wrong field. */
export function parseInput(plan: Plan, input: Json): Json {
  const name = plan.input?.schema;
  if (name === undefined) return input ?? {};
  const schema = Object.hasOwn(plan.schemas, name) ? plan.schemas[name] : undefined;
  if (!schema) throw new InputError(`the plan has no schema ${name} for its input`);
  const parsed = parseWith(buildZod(parseExpr(schema.zod)), input ?? {});
  if (parsed.ok) return parsed.value;
  throw new InputError(`the input does not fit the workflow's schema:\n${formatIssues(parsed.issues)}`);
}
