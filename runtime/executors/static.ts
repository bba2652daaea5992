import { failure, invalidOutput } from "./errors.ts";
import type { AttemptContext, AttemptResult, Executor, TaskRequest } from "./executor.ts";
import type { OutputParser } from "./output.ts";

/** A payload that stands in the plan, or was computed by an expression: only its schema can fail. */
export class StaticExecutor implements Executor {
  readonly kind = "static";
  readonly #outputs: OutputParser;

  constructor(outputs: OutputParser) {
    this.#outputs = outputs;
  }

  async execute(request: TaskRequest, context: AttemptContext): Promise<AttemptResult> {
    if (request.kind !== "static")
      return failure("INTERNAL", `A static executor was given a ${request.kind} task`);
    const problem = this.#outputs.problem(context.plan, request.schema);
    if (problem !== null) return problem;
    const raw = request.payload;
    const parsed = this.#outputs.parse(context.plan, request.schema, raw);
    if (parsed.ok) return { ok: true, raw, value: parsed.value };
    const { error } = invalidOutput(request.schema ?? "", parsed.issues);
    // The payload is the same every time.
    return { ok: false, error: { ...error, retryable: false } };
  }

  async close(): Promise<void> {}
}
