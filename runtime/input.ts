/** The workflow's input, parsed before anything is written. */
import type { Json, Plan } from "../plan/types.ts";
import { formatIssues, PlanSchemas, parseWith } from "../plan/zod/index.ts";

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
  const parsed = parseWith(new PlanSchemas(plan).get(name), input ?? {});
  if (parsed.ok) return parsed.value;
  throw new InputError(`the input does not fit the workflow's schema:\n${formatIssues(parsed.issues)}`);
}
