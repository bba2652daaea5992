/** One interface for whatever answers a prompt: a model behind an API, a script, a user's own object with `generate`. */
import type { Agent, Json } from "../../plan/types.ts";
import { type Failure, failure } from "../executors/errors.ts";
import type { AttemptContext, TaskError, ToolQuestion } from "../executors/executor.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import { addCosts, type Cost } from "../usage/prices.ts";
import type { Session } from "./session.ts";

export interface AgentCall {
  /** Its name in the plan. */
  readonly name: string;
  readonly agent: Agent;
  /** Once the conversation has used so many tokens in this attempt, no further request is made for it. */
  readonly maxTokens?: number | undefined;
  /** What the answer must be; null: any text. */
  readonly schema: { readonly name: string; readonly jsonSchema: Json } | null;
  /** The tools that the agent may use in this task; an error where its options name such as there are not. */
  readonly tools: () => Toolbox;
  /** How far the conversation came in earlier attempts, and what is written down of it. */
  readonly session: Session;
  readonly context: AttemptContext;
}

/** Tokens as the provider counts them, of one or more calls, and what these cost where that is known. */
export interface Usage extends Cost {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** Requests to the provider. */
  readonly calls: number;
  /** Tools that ran, or were refused. */
  readonly toolCalls: number;
}

export const NO_USAGE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  calls: 0,
  toolCalls: 0,
};

/** All that a provider was given and gave, whether cached or not. */
export const tokensOf = ({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: Usage): number =>
  inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;

/** A limit of tokens is reached before the answer is there. */
export const usedUp = (used: number, max: number): Failure =>
  failure(
    "BUDGET_EXCEEDED",
    `${used} of the ${max} tokens that the task may use are used, and no answer fits yet`,
  );

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    calls: a.calls + b.calls,
    toolCalls: a.toolCalls + b.toolCalls,
    ...addCosts(a, b),
  };
}

/**
 * `value` is structured output; `text` may hold JSON and is searched for it when a schema asks for some; `result` is what
 * an object of the user's own gave, which may be the answer or hold it.
 */
export type Answer =
  | { readonly ok: true; readonly type: "value"; readonly value: Json; readonly usage: Usage }
  | { readonly ok: true; readonly type: "text"; readonly text: string; readonly usage: Usage }
  | { readonly ok: true; readonly type: "result"; readonly result: Json; readonly usage: Usage }
  | {
      readonly ok: false;
      readonly error: TaskError;
      readonly usage: Usage;
      /** People are asked about a tool before the conversation goes on. */
      readonly question?: ToolQuestion;
    };

/** A dialogue with one agent. Every answer, and what tools said in between, stays in it. */
export interface Conversation {
  /** The prompt first; after an answer that failed its schema, what was wrong with it (SEMANTICS 32). Never rejects for what the provider or the network does. */
  ask(message: string): Promise<Answer>;
}

export interface AgentProvider {
  open(call: AgentCall): Conversation;
}

/** What an Anthropic agent answers with that names no model. */
const DEFAULT_MODEL = "claude-sonnet-4-5";

/** The model that an agent asks for, its dynamic parts resolved; null where it says none. */
export function modelOf(agent: Agent): string | null {
  if ("model" in agent && typeof agent.model === "string") return agent.model;
  return agent.kind === "anthropic" ? DEFAULT_MODEL : null;
}

/** Which calls share a rate limit (SEMANTICS 27). */
export function rateKey(agent: Agent): string {
  return agent.kind === "module" || !("model" in agent) ? agent.kind : `${agent.kind}:${agent.model ?? ""}`;
}
