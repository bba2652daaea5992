/**
 * A conversation as the journal keeps it (SEMANTICS 41): turns of the agent in its provider's own form, the calls of its
 * tools, what people decided on them. Each step adds what is new, before anything follows from it; the prompt stands with the
 * attempt.
 */
import type { Json } from "../../plan/types.ts";
import { type Failure, failure } from "../executors/errors.ts";
import type { AttemptContext, Past, ToolQuestion } from "../executors/executor.ts";

/** Something the agent said that the conversation goes on from. */
export const AGENT_TURN = "agent.turn";
/** What one call of its model used. */
export const AGENT_USAGE = "agent.usage";
export const TOOL_STARTED = "tool.started";
export const TOOL_FINISHED = "tool.finished";
export const TOOL_DECIDED = "tool.decided";

/** Events that make a conversation. */
export const SESSION_EVENTS: ReadonlySet<string> = new Set([
  AGENT_TURN,
  TOOL_STARTED,
  TOOL_FINISHED,
  TOOL_DECIDED,
]);

/** One turn of the agent. */
export interface Turn {
  /** In the provider's own form. */
  readonly content: Json;
  /** What it was told where this was an answer that does not fit; null where it called tools. */
  readonly correction: string | null;
}

/** How far the call of a tool came. */
export type CallState =
  | {
      readonly state: "decided";
      readonly approved: boolean;
      readonly note: string | null;
      readonly by: string;
    }
  | { readonly state: "started" }
  | { readonly state: "finished"; readonly ok: boolean; readonly output: Json };

export class Session {
  readonly agent: string;
  /** Whether the attempt goes on with the one before, which ended to ask people: its limits are those of both. */
  readonly isSame: boolean;
  /** In their order. */
  readonly turns: readonly Turn[];
  readonly #calls = new Map<string, CallState>();
  readonly #context: AttemptContext;

  /** @param past null for a conversation that begins */
  constructor(agent: string, context: AttemptContext, past: Past | null) {
    this.agent = agent;
    this.#context = context;
    const turns: Turn[] = [];
    for (const { type, data } of past?.events ?? []) {
      if (type === AGENT_TURN) {
        if (data.agent !== agent) continue;
        const { content = null, correction } = data;
        turns.push({ content, correction: typeof correction === "string" ? correction : null });
      } else this.#calls.set(String(data.id), callState(type, data));
    }
    this.turns = turns;
    this.isSame = past?.suspended ?? false;
  }

  call(id: string): CallState | undefined {
    return this.#calls.get(id);
  }

  /** A turn that calls tools: on disk before any of them runs. */
  async called(content: Json): Promise<void> {
    await this.#context.record(AGENT_TURN, { agent: this.agent, content });
  }

  /** An answer that did not fit, and what was said to it. */
  corrected(content: Json, correction: string): void {
    this.#context.emit(AGENT_TURN, { agent: this.agent, content, correction });
  }

  async started(call: { readonly id: string; readonly name: string; readonly input: Json }): Promise<void> {
    await this.#context.record(TOOL_STARTED, { ...call });
  }

  async finished(call: {
    readonly id: string;
    readonly name: string;
    readonly ok: boolean;
    readonly durationMs: number;
    readonly output: Json;
  }): Promise<void> {
    this.#calls.set(call.id, { state: "finished", ok: call.ok, output: call.output });
    await this.#context.record(TOOL_FINISHED, { ...call });
  }
}

function callState(type: string, data: { readonly [key: string]: Json }): CallState {
  if (type === TOOL_STARTED) return { state: "started" };
  if (type === TOOL_FINISHED) return { state: "finished", ok: data.ok === true, output: data.output ?? null };
  const { note } = data;
  return {
    state: "decided",
    approved: data.approved === true,
    note: typeof note === "string" ? note : null,
    by: String(data.decidedBy),
  };
}

/** An attempt that ends to ask people about a tool. */
export function suspended(question: ToolQuestion): Failure & { readonly question: ToolQuestion } {
  return { ...failure(SUSPENDED, `people are asked about the tool ${question.tool}`), question };
}

export const SUSPENDED = "SUSPENDED";

/** Code of a task that does not go on with a conversation (`onResume="fail"`): when a person resumes the run, it begins anew. */
export const INTERRUPTED = "SESSION_INTERRUPTED";
