/** A workflow as a run of its own, held by an attempt: begun, or gone on with where an earlier attempt left it. */
import type { Json, Plan } from "../../plan/types.ts";
import type { RunResult } from "../engine.ts";
import { childId, namesOf } from "../interpreter/run-id.ts";
import { type Spent, spentSince } from "../usage/spent.ts";
import { failure, invalidOutput } from "./errors.ts";
import type { AttemptContext, AttemptResult, Executor, Leave, TaskRequest } from "./executor.ts";
import type { OutputParser } from "./output.ts";

/** How the runs that attempts hold are begun. */
export interface ChildRuns {
  /** Begins the run, or goes on with it. `child`: its name within the run of the attempt. */
  attend(child: string, plan: Plan, input: Json, how: ChildOptions): Promise<ChildRun>;
}

export interface ChildOptions {
  /** Ends attempts under way and lets go of the run. */
  readonly signal: AbortSignal;
  /** Aborted with a `Leave`. */
  readonly leave: AbortSignal;
  readonly onIdle: (is: boolean) => void;
  /** Told of every sign of life of the run, and of those that its nodes hold. */
  readonly onAlive: () => void;
}

export interface ChildRun {
  readonly result: RunResult;
  /** What it has used up that earlier attempts have told of, with the runs that took its place; null where it had not begun. */
  readonly before: Spent | null;
  readonly after: Spent;
}

export class SubflowExecutor implements Executor {
  readonly kind = "subflow";
  readonly #outputs: OutputParser;
  readonly #runs: ChildRuns;

  constructor(outputs: OutputParser, runs: ChildRuns) {
    this.#outputs = outputs;
    this.#runs = runs;
  }

  async execute(request: TaskRequest, context: AttemptContext): Promise<AttemptResult> {
    if (request.kind !== "subflow")
      return failure("INTERNAL", `A subflow executor was given a ${request.kind} task`);
    const { plan: parent, signal } = context;
    const problem = this.#outputs.problem(parent, request.schema);
    if (problem !== null) return problem;
    const plan = parent.subflows?.[request.workflow];
    if (!plan) return failure("INTERNAL", `the plan has no workflow ${request.workflow}`);
    const { leave, abort } = endings(context);
    let run: ChildRun;
    try {
      run = await this.#runs.attend(request.child, plan, request.input, {
        signal: abort,
        leave,
        onIdle: (is) => context.idle?.(is),
        onAlive: () => context.alive?.(),
      });
    } catch (error) {
      return notBegun(error);
    }
    const { result, before, after } = run;
    return { ...this.#outcome(request, parent, result, signal), usage: usageOf(after, before) };
  }

  async close(): Promise<void> {}

  #outcome(
    request: Extract<TaskRequest, { readonly kind: "subflow" }>,
    parent: Plan,
    result: RunResult,
    signal: AbortSignal,
  ): AttemptResult {
    const { runId, status, reason } = result;
    const message = `run ${runId} is ${status}${reason === null ? "" : `: ${reason}`}`;
    switch (status) {
      case "finished": {
        const rows = (result.outputs[request.result] ?? []).map(withoutPlace);
        const raw = rows.length === 1 ? (rows[0] as Json) : rows.length === 0 ? null : rows;
        const parsed = this.#outputs.parse(parent, request.schema, raw);
        if (parsed.ok) return { ok: true, raw, value: parsed.value };
        const { error } = invalidOutput(request.schema ?? "", parsed.issues);
        if (rows.length > 0) return { ok: false, error: { ...error, retryable: false } };
        const none = `run ${runId} finished without a row in its table ${JSON.stringify(request.result)}, and one is wanted`;
        return { ok: false, error: { code: error.code, message: none, retryable: false } };
      }
      case "waiting":
      case "paused":
      case "stalled":
      case "running":
        return {
          ok: false,
          error: {
            code: "CHILD_LEFT",
            message,
            retryable: false,
            left: result.waitingFor.map(({ child, ...question }) => ({
              ...question,
              child: child === undefined ? nameWithin(runId) : childId(nameWithin(runId), child),
            })),
          },
        };
      case "cancelled":
        return { ok: false, error: endOfCancelled(signal, message) };
      case "failed":
        return { ok: false, error: { code: "CHILD_FAILED", message, retryable: true } };
      default:
        return status satisfies never;
    }
  }
}

/** It may have gone on as a new run since it was begun. */
const nameWithin = (runId: string): string => namesOf(runId).at(-1) as string;

/** A time that is up and an interruption end the child run at once; where its node is gone, it ends as a cancelled run does. */
function endings({ signal, leave }: AttemptContext): {
  readonly leave: AbortSignal;
  readonly abort: AbortSignal;
} {
  const [left, aborted] = [new AbortController(), new AbortController()];
  const onAbort = (): void => {
    if (isInterruption(signal)) aborted.abort(signal.reason);
    else left.abort("cancel" satisfies Leave);
  };
  const onLeave = (): void => left.abort(leave?.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  if (leave?.aborted) onLeave();
  else leave?.addEventListener("abort", onLeave, { once: true });
  return { leave: left.signal, abort: aborted.signal };
}

const isInterruption = ({ reason }: AbortSignal): boolean =>
  reason instanceof Error && (/Timeout/.test(reason.name) || reason.message === "interrupted");

function endOfCancelled(signal: AbortSignal, message: string) {
  const name = signal.aborted && signal.reason instanceof Error ? signal.reason.name : "";
  if (name === "TimeoutError") return { code: "TIMEOUT", message: signal.reason.message, retryable: true };
  if (name === "HeartbeatTimeoutError")
    return { code: "HEARTBEAT_TIMEOUT", message: signal.reason.message, retryable: true };
  return { code: "CANCELLED", message, retryable: false };
}

function notBegun(error: unknown): AttemptResult {
  if (!(error instanceof Error)) throw error;
  // Somebody else attends to it.
  const locked = "code" in error && error.code === "LOCKED";
  const code = locked ? "LOCKED" : error.name === "InputError" ? "INPUT_INVALID" : "CHILD_FAILED";
  return { ok: false, error: { code, message: error.message, retryable: locked } };
}

function withoutPlace(row: { readonly [field: string]: Json }): Json {
  const { nodeId: _, iteration: __, ...fields } = row;
  return fields;
}

/** What this attempt has used up of what the child run has (SEMANTICS 43). */
function usageOf(after: Spent, before: Spent | null): Json {
  const { tokens, calls, toolCalls, costUsd, pricedCalls } = spentSince(before, after);
  return {
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    cacheReadTokens: tokens.cacheRead,
    cacheWriteTokens: tokens.cacheWrite,
    calls,
    toolCalls,
    ...(costUsd !== undefined && { costUsd }),
    ...(pricedCalls !== undefined && { pricedCalls }),
  };
}
