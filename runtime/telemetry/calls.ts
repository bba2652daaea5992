/** What agents tell a trace of: calls of models and of tools. They know this interface and nothing of OpenTelemetry. */
import type { Json } from "../../plan/types.ts";
import type { TaskError } from "../executors/executor.ts";

/** One request to a model. */
export interface ModelCall {
  /** As the GenAI semantic conventions name it (`anthropic`); one of our own for what is no provider. */
  readonly provider: string;
  readonly model: string | null;
  /** Name of the agent in the plan. */
  readonly agent: string;
}

/** What is known of a call when it has ended. */
export interface ModelOutcome {
  readonly model?: string | undefined;
  readonly responseId?: string | undefined;
  readonly finishReason?: string | null | undefined;
  readonly usage?:
    | {
        readonly inputTokens: number;
        readonly outputTokens: number;
        readonly cacheReadTokens: number;
        readonly cacheWriteTokens: number;
        /** US dollars. */
        readonly costUsd?: number;
      }
    | undefined;
  readonly error?: TaskError | undefined;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
}

/** The trace of one attempt. Each runs `work` so that spans which it makes nest in the call's own. */
export interface AttemptTrace {
  /** W3C trace context of the attempt, for processes that work for it; null where nobody traces. */
  readonly traceparent: string | null;
  model<T>(call: ModelCall, work: () => Promise<T>, outcome: (result: T) => ModelOutcome): Promise<T>;
  tool<T extends Json>(call: ToolCall, work: () => Promise<T>): Promise<T>;
}

/** Where nobody traces. */
export const untraced: AttemptTrace = {
  traceparent: null,
  model: (_, work) => work(),
  tool: (_, work) => work(),
};
