import type Anthropic from "@anthropic-ai/sdk";
import * as z from "zod";
import type { Agent, Json } from "../../plan/types.ts";
import { formatIssues, type Issue } from "../../plan/zod/index.ts";
import { modelOf } from "./provider.ts";

const steps = z.object({ maxSteps: z.int().positive() });

/** Constructor options of an Anthropic agent as authors write them; several names are in use for the same thing. */
const shape = z.object({
  maxTokens: z.int().positive().optional(),
  maxOutputTokens: z.int().positive().optional(),
  temperature: z.number().min(0).max(1).optional(),
  topP: z.number().optional(),
  topK: z.int().optional(),
  stopSequences: z.array(z.string()).optional(),
  thinking: z
    .discriminatedUnion("type", [
      z.object({ type: z.literal("enabled"), budget_tokens: z.int() }),
      z.object({ type: z.literal("adaptive") }),
      z.object({ type: z.literal("disabled") }),
    ])
    .optional(),
  maxSteps: z.int().positive().optional(),
  /** Of one request, milliseconds. */
  timeoutMs: z.int().positive().optional(),
  /** `stopWhen: stepCountIs(5)`, one or a list. */
  stopWhen: z.union([steps, z.array(steps)]).optional(),
  /** What they are: runtime/tools/toolbox.ts. */
  tools: z.unknown().optional(),
  approval: z.unknown().optional(),
  /** What kind of output the author declared; the task's schema decides. */
  output: z.unknown().optional(),
  system: z.string().optional(),
});

const DEFAULT_MAX_TOKENS = 16_000;
const DEFAULT_MAX_STEPS = 50;
const DEFAULT_TIMEOUT_MS = 600_000;

export interface AnthropicOptions {
  readonly request: Omit<Anthropic.MessageCreateParamsNonStreaming, "messages">;
  readonly thinks: boolean;
  /** Requests within one answer: each round of tool calls is one. */
  readonly maxSteps: number;
  readonly timeoutMs: number;
}

export type ReadOptions =
  | { readonly ok: true; readonly options: AnthropicOptions; readonly ignored: readonly string[] }
  | { readonly ok: false; readonly message: string };

/** An agent of the plan → parameters of the Messages API. `ignored` names options without effect. */
export function readOptions(agent: Agent): ReadOptions {
  const parsed = shape.safeParse(agent.options);
  if (!parsed.success) {
    const issues: Issue[] = parsed.error.issues.map((issue) => ({
      path: `options.${issue.path.join(".")}`,
      message: issue.message,
    }));
    return { ok: false, message: formatIssues(issues) };
  }
  const given = parsed.data;
  // The attempt was given the agent with its dynamic parts resolved.
  const own =
    "instructions" in agent && typeof agent.instructions === "string" ? agent.instructions : undefined;
  const system = own ?? given.system;
  const request: AnthropicOptions["request"] = {
    // Every Anthropic agent has one.
    model: modelOf(agent) as string,
    max_tokens: given.maxTokens ?? given.maxOutputTokens ?? DEFAULT_MAX_TOKENS,
    ...(system === undefined ? {} : { system }),
    ...(given.temperature === undefined ? {} : { temperature: given.temperature }),
    ...(given.topP === undefined ? {} : { top_p: given.topP }),
    ...(given.topK === undefined ? {} : { top_k: given.topK }),
    ...(given.stopSequences === undefined ? {} : { stop_sequences: given.stopSequences }),
    ...(given.thinking === undefined ? {} : { thinking: given.thinking }),
  };
  return {
    ok: true,
    options: {
      request,
      thinks: given.thinking !== undefined && given.thinking.type !== "disabled",
      maxSteps: given.maxSteps ?? stepsOf(given.stopWhen),
      timeoutMs: given.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    },
    ignored: Object.entries(agent.options satisfies { readonly [name: string]: Json })
      .map(([name]) => name)
      .filter((name) => !Object.hasOwn(shape.shape, name)),
  };
}

function stepsOf(stopWhen: z.infer<typeof shape>["stopWhen"]): number {
  if (stopWhen === undefined) return DEFAULT_MAX_STEPS;
  return Math.min(DEFAULT_MAX_STEPS, ...[stopWhen].flat().map((rule) => rule.maxSteps));
}
