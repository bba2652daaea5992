/** The workflow's input, parsed before anything is written. */
import { CONTINUATION } from "../plan/continuation.ts";
import type { Json, Plan } from "../plan/types.ts";
import { formatIssues } from "../plan/zod/index.ts";
import { OutputParser } from "./executors/output.ts";

export class InputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InputError";
  }
}

/** The input as the workflow sees it: parsed by the plan's schema, defaults filled in. @throws InputError naming every wrong field. */
export function parseInput(plan: Plan, input: Json, parser: OutputParser = new OutputParser()): Json {
  const name = plan.input?.schema;
  if (name === undefined) return input ?? {};
  const { given, continuation } = apart(input ?? {});
  const parsed = parser.parse(plan, name, given);
  if (parsed.ok) return continuation === undefined ? parsed.value : together(parsed.value, continuation);
  throw new InputError(`the input does not fit the workflow's schema:\n${formatIssues(parsed.issues)}`);
}

function apart(input: Json): { readonly given: Json; readonly continuation: Json | undefined } {
  if (!isObject(input) || !Object.hasOwn(input, CONTINUATION))
    return { given: input, continuation: undefined };
  const { [CONTINUATION]: continuation = null, ...given } = input;
  return { given, continuation };
}

const together = (value: Json, continuation: Json): Json =>
  isObject(value) ? { ...value, [CONTINUATION]: continuation } : value;

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
