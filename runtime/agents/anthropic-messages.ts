/** Messages of the Messages API, read and made: no dialogue, no request. */
import type Anthropic from "@anthropic-ai/sdk";
import type { Json } from "../../plan/types.ts";
import { failure } from "../executors/errors.ts";
import type { Answer, Usage } from "./provider.ts";

export type ToolUse = Anthropic.ToolUseBlock;

/** What the API takes for a name. */
export const apiName = (name: string): string => name.replaceAll(/[^\w-]/g, "_").slice(0, 128);

/** The user's side of the dialogue after an answer: results for the calls in it, then the message. */
export function reply(
  given: Anthropic.Message["content"],
  message: string,
  isAnswer: (use: ToolUse) => boolean,
): Anthropic.MessageParam["content"] {
  const open = given.filter((block) => block.type === "tool_use");
  if (open.length === 0) return message;
  const results: Anthropic.ContentBlockParam[] = open.map((use) => ({
    type: "tool_result",
    tool_use_id: use.id,
    is_error: true,
    content: isAnswer(use) ? message : "Not run: an answer was given already.",
  }));
  return open.some(isAnswer) ? results : [...results, { type: "text", text: message }];
}

type WithoutUsage<T> = T extends unknown ? Omit<T, "usage"> : never;
export type AnswerWithoutUsage = WithoutUsage<Answer>;

/** An answer that the model could not finish or would not give: asking for a correction can't help. */
export function cutOff(
  { stop_reason }: Anthropic.Message,
  agent: string,
): Extract<AnswerWithoutUsage, { ok: false }> | null {
  switch (stop_reason) {
    case "max_tokens":
      return failure("MAX_TOKENS", `The answer of agent ${agent} was cut off: raise its maxTokens.`);
    case "model_context_window_exceeded":
      return failure("MAX_TOKENS", `The dialogue with agent ${agent} no longer fits the model's context.`);
    case "refusal":
      return failure("REFUSED", `The model of agent ${agent} refused to answer.`);
    case "end_turn":
    case "stop_sequence":
    case "tool_use":
    case "pause_turn":
    case null:
      return null;
    default: {
      const never: never = stop_reason;
      return never;
    }
  }
}

/** What the tool that takes the answer is to be given; `wrapped` where the schema is of no object. */
export function answerSchema(json: Json): {
  readonly wrapped: boolean;
  readonly inputSchema: Anthropic.Tool.InputSchema;
} {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) {
    const object = json as { readonly [key: string]: Json };
    if (object.type === "object")
      return { wrapped: false, inputSchema: { ...object, type: "object" } as Anthropic.Tool.InputSchema };
    // References are relative to the root of the schema.
    const { $defs, ...value } = object;
    const definitions = $defs === undefined ? {} : { $defs };
    return {
      wrapped: true,
      inputSchema: { type: "object", properties: { value }, required: ["value"], ...definitions },
    };
  }
  return { wrapped: true, inputSchema: { type: "object", properties: { value: {} }, required: ["value"] } };
}

export function unwrapped(input: Json): Json {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  const { value } = input as { readonly [key: string]: Json };
  return value ?? null;
}

export function textOf(response: Anthropic.Message): string {
  return response.content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

export function usageOf({ usage }: Anthropic.Message): Usage {
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.cache_read_input_tokens ?? 0,
    cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
    calls: 1,
    toolCalls: 0,
  };
}
