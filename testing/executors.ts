/** Executors that ask the test. The schema of a task's table is applied as in a real run. */
import type { Json } from "../plan/types.ts";
import { formatIssues } from "../plan/zod/index.ts";
import type {
  AttemptContext,
  AttemptResult,
  Executor,
  OutputParser,
  TaskRequest,
} from "../runtime/executors/index.ts";
import { type Answer, type Answers, type Call, entryFor, TaskFailure } from "./answers.ts";
import type { VirtualClock } from "./clock.ts";
import { type Tools, useTools } from "./tools.ts";

/** @param elsewhere for code that the test says nothing of */
export function executorsOf(
  answers: Answers,
  clock: VirtualClock,
  calls: Call[],
  elsewhere: { get(kind: TaskRequest["kind"]): Executor | undefined },
  outputs: OutputParser,
  tools: Tools = {},
): { get(kind: TaskRequest["kind"]): Executor | undefined } {
  const asked = (kind: TaskRequest["kind"]): Executor => ({
    kind,
    execute: (request, context) =>
      clock.during(async () => {
        if (request.kind === "static") return check(outputs, request.payload, request, context);
        const answer = entryFor(answers, context.runId, context.address);
        if (request.kind === "subflow") return unanswered(context);
        if (answer === undefined && request.kind === "compute") return passOn(elsewhere, request, context);
        const call = callOf(request, context);
        calls.push(call);
        if (answer === undefined) return unanswered(context);
        const uses = request.kind === "agent" ? entryFor(tools, context.runId, context.address) : undefined;
        if (request.kind === "agent" && uses) {
          const used = await useTools(uses, request, context);
          if (!used.ok) return used;
        }
        return attempt(() => say(answer, call), outputs, request, context);
      }),
    close: async () => {},
  });
  const executors = { agent: asked("agent"), compute: asked("compute"), static: asked("static") };
  // What a workflow of its own does is told by the answers to its tasks.
  return { get: (kind) => (kind === "subflow" ? undefined : executors[kind]) };
}

function callOf(
  request: Extract<TaskRequest, { readonly kind: "agent" | "compute" }>,
  context: AttemptContext,
): Call {
  const { runId, address, attempt, signal } = context;
  const common = { runId, ...address, attempt, signal };
  return request.kind === "agent"
    ? { ...common, agents: request.agents, prompt: request.prompt, captures: null }
    : { ...common, agents: [], prompt: "", captures: request.captures };
}

const say = async (answer: Answer, call: Call): Promise<Json> =>
  typeof answer === "function" ? answer(call) : answer;

async function attempt(
  work: () => Promise<Json>,
  outputs: OutputParser,
  request: TaskRequest,
  context: AttemptContext,
): Promise<AttemptResult> {
  try {
    return check(outputs, await work(), request, context);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const { code, retryable } = error instanceof TaskFailure ? error : { code: "PROVIDER", retryable: true };
    return { ok: false, error: { code, message, retryable } };
  }
}

function check(
  outputs: OutputParser,
  raw: Json,
  { schema }: TaskRequest,
  { plan }: AttemptContext,
): AttemptResult {
  const parsed = outputs.parse(plan, schema, raw);
  if (parsed.ok) return { ok: true, raw, value: parsed.value };
  const message = `The answer of the test does not satisfy schema ${schema}:\n${formatIssues(parsed.issues)}`;
  return { ok: false, error: { code: "OUTPUT_INVALID", message, retryable: false } };
}

function unanswered({ address: { nodeId, iteration } }: AttemptContext): AttemptResult {
  const name = iteration > 0 ? `${nodeId}@${iteration}` : nodeId;
  const message = `the test gives no answer for ${name}: add it under answers`;
  return { ok: false, error: { code: "NO_ANSWER", message, retryable: false } };
}

async function passOn(
  elsewhere: { get(kind: TaskRequest["kind"]): Executor | undefined },
  request: TaskRequest,
  context: AttemptContext,
): Promise<AttemptResult> {
  const executor = elsewhere.get(request.kind);
  if (!executor) throw new Error(`there is no executor for ${request.kind} tasks`);
  return executor.execute(request, context);
}
