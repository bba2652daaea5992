/**
 * Names of attributes: those of the OpenTelemetry GenAI semantic conventions (1.41, status Development) where they have
 * one, else ours under `smithers.`.
 */
import type { Attributes } from "@opentelemetry/api";
import type { Address, AttemptRecord } from "../store/store.ts";
import type { ModelCall, ModelOutcome, ToolCall } from "./calls.ts";

export const runAttributes = (run: {
  readonly runId: string;
  readonly workflow: string;
  readonly planDigest: string;
}): Attributes => ({
  "gen_ai.operation.name": "invoke_workflow",
  "gen_ai.workflow.name": run.workflow,
  "smithers.run.id": run.runId,
  "smithers.plan.digest": run.planDigest,
});

export const nodeAttributes = ({ nodeId, scope, iteration }: Address): Attributes => ({
  "smithers.node.id": nodeId,
  "smithers.node.iteration": iteration,
  ...(scope === "" ? {} : { "smithers.node.scope": scope }),
});

export const agentAttributes = (agent: string): Attributes => ({
  "gen_ai.operation.name": "invoke_agent",
  "gen_ai.agent.name": agent,
});

export const modelAttributes = ({ provider, model, agent }: ModelCall): Attributes => ({
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": provider,
  "gen_ai.agent.name": agent,
  ...(model === null ? {} : { "gen_ai.request.model": model }),
});

export const toolAttributes = ({ id, name }: ToolCall): Attributes => ({
  "gen_ai.operation.name": "execute_tool",
  "gen_ai.tool.name": name,
  "gen_ai.tool.type": "function",
  "gen_ai.tool.call.id": id,
});

export function outcomeAttributes({ model, responseId, finishReason, usage }: ModelOutcome): Attributes {
  return {
    ...(model === undefined ? {} : { "gen_ai.response.model": model }),
    ...(responseId === undefined ? {} : { "gen_ai.response.id": responseId }),
    ...(finishReason == null ? {} : { "gen_ai.response.finish_reasons": [finishReason] }),
    ...(usage === undefined ? {} : usageAttributes(usage)),
  };
}

/** The conventions count cached tokens as input; our usage, as Anthropic's, counts them apart. */
export function usageAttributes(usage: AttemptRecord["usage"] | ModelOutcome["usage"]): Attributes {
  if (typeof usage !== "object" || usage === null || Array.isArray(usage)) return {};
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd } = usage as {
    readonly [name: string]: unknown;
  };
  const count = (value: unknown): number => (typeof value === "number" ? value : 0);
  return {
    "gen_ai.usage.input_tokens": count(inputTokens) + count(cacheReadTokens) + count(cacheWriteTokens),
    "gen_ai.usage.output_tokens": count(outputTokens),
    ...(count(cacheReadTokens) > 0 ? { "gen_ai.usage.cache_read.input_tokens": count(cacheReadTokens) } : {}),
    ...(count(cacheWriteTokens) > 0
      ? { "gen_ai.usage.cache_creation.input_tokens": count(cacheWriteTokens) }
      : {}),
    ...(typeof costUsd === "number" ? { "smithers.usage.cost_usd": costUsd } : {}),
  };
}
