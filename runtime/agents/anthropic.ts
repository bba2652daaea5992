import type Anthropic from "@anthropic-ai/sdk";
import type { Json } from "../../plan/types.ts";
import { aborted, failure } from "../executors/errors.ts";
import type { TaskError } from "../executors/executor.ts";
import { untraced } from "../telemetry/calls.ts";
import type { Tool } from "../tools/registry.ts";
import { providerError } from "./anthropic-error.ts";
import { type AnthropicOptions, readOptions } from "./anthropic-options.ts";
import {
  type AgentCall,
  type AgentProvider,
  type Answer,
  addUsage,
  type Conversation,
  NO_USAGE,
  type Usage,
} from "./provider.ts";

export interface AnthropicProviderOptions {
  /** Where key and base URL come from. Default: `process.env`. */
  readonly env?: { readonly [name: string]: string | undefined };
}

type Sdk = typeof import("@anthropic-ai/sdk");
type ToolUse = Anthropic.ToolUseBlock;

/** The tool by which the model gives structured output; its input is the answer. */
const ANSWER = "answer";

/** Claude by the Messages API. Structured output is a tool that the model must call; declared tools run in between. */
export class AnthropicProvider implements AgentProvider {
  readonly #env: { readonly [name: string]: string | undefined };
  #sdk: Promise<Sdk> | undefined;

  constructor(options: AnthropicProviderOptions = {}) {
    this.#env = options.env ?? process.env;
  }

  open(call: AgentCall): Conversation {
    const dialogue = this.#dialogue(call);
    return {
      ask: async (message) => {
        const ready = await dialogue;
        return "ask" in ready ? ready.ask(message) : { ok: false, error: ready, usage: NO_USAGE };
      },
    };
  }

  async #dialogue(call: AgentCall): Promise<Dialogue | TaskError> {
    const apiKey = this.#env.ANTHROPIC_API_KEY;
    if (apiKey === undefined || apiKey === "") {
      return failure(
        "NO_API_KEY",
        `Agent ${call.name} needs an API key: set ANTHROPIC_API_KEY, or give scripted answers with --script FILE.`,
      ).error;
    }
    const read = readOptions(call.agent);
    if (!read.ok) return failure("AGENT_OPTIONS", `Agent ${call.name}: ${read.message}`).error;
    const unknown = read.options.tools.filter((name) => call.tools.get(name) === undefined);
    if (unknown.length > 0) {
      const known = call.tools.names.length === 0 ? "none" : call.tools.names.join(", ");
      return failure(
        "AGENT_OPTIONS",
        `Agent ${call.name} names tools that do not exist: ${unknown.join(", ")} (known: ${known})`,
      ).error;
    }
    for (const option of read.ignored) {
      call.context.emit("agent.warning", { message: `Option ${option} of agent ${call.name} has no effect` });
    }
    this.#sdk ??= import("@anthropic-ai/sdk");
    const sdk = await this.#sdk;
    const client = new sdk.default({
      apiKey,
      baseURL: this.#env.ANTHROPIC_BASE_URL ?? null,
      // Retries are the interpreter's, journaled, with the attempt number kept over a crash (SEMANTICS 29).
      maxRetries: 0,
    });
    return new Dialogue(sdk, client, call, read.options);
  }
}

class Dialogue {
  readonly #sdk: Sdk;
  readonly #client: Anthropic;
  readonly #call: AgentCall;
  readonly #options: AnthropicOptions;
  readonly #tools: readonly Tool[];
  readonly #answerTool: Anthropic.Tool | null;
  /** Whether the schema's values are no objects and travel as `{ value }`: a tool's input is always an object. */
  readonly #wrapped: boolean;
  readonly #messages: Anthropic.MessageParam[] = [];
  /** Calls of the last answer that have no result yet; the next message must bring one for each. */
  #open: readonly ToolUse[] = [];

  constructor(sdk: Sdk, client: Anthropic, call: AgentCall, options: AnthropicOptions) {
    this.#sdk = sdk;
    this.#client = client;
    this.#call = call;
    this.#options = options;
    this.#tools = options.tools.map((name) => call.tools.get(name)).filter((tool) => tool !== undefined);
    const schema = call.schema === null ? null : answerSchema(call.schema.jsonSchema);
    this.#wrapped = schema?.wrapped ?? false;
    this.#answerTool =
      schema === null
        ? null
        : {
            name: ANSWER,
            description: "Give your final answer. Call this exactly once, when you are done.",
            input_schema: schema.inputSchema,
          };
  }

  async ask(message: string): Promise<Answer> {
    this.#call.context.emit("agent.message", { role: "user", text: message });
    this.#messages.push({ role: "user", content: this.#reply(message) });
    this.#open = [];
    let usage = NO_USAGE;
    for (let step = 0; step < this.#options.maxSteps; step++) {
      let response: Anthropic.Message;
      try {
        response = await this.#traced();
      } catch (error) {
        const { signal } = this.#call.context;
        const reason = signal.aborted ? aborted(signal).error : providerError(this.#sdk, error, Date.now());
        return { ok: false, error: reason, usage };
      }
      usage = addUsage(usage, { ...usageOf(response), toolCalls: this.#callsIn(response) });
      this.#record(response);
      const answer = await this.#take(response);
      if (answer !== null) return { ...answer, usage };
    }
    const { error } = failure(
      "TOO_MANY_STEPS",
      `Agent ${this.#call.name} gave no answer within ${this.#options.maxSteps} steps (maxSteps)`,
    );
    return { ok: false, error, usage };
  }

  #traced(): Promise<Anthropic.Message> {
    const { context, name } = this.#call;
    return (context.trace ?? untraced).model(
      { provider: "anthropic", model: this.#options.request.model, agent: name },
      () => this.#request(),
      (response) => ({
        model: response.model,
        responseId: response.id,
        finishReason: response.stop_reason,
        usage: usageOf(response),
      }),
    );
  }

  #request(): Promise<Anthropic.Message> {
    const { options, timeoutMs } = { options: this.#options.request, timeoutMs: this.#options.timeoutMs };
    const tools: Anthropic.Tool[] = this.#tools.map((tool) => ({
      name: tool.name,
      description: tool.description,
      input_schema: { ...tool.inputSchema, type: "object" },
    }));
    if (this.#answerTool !== null) tools.push(this.#answerTool);
    return this.#client.messages.create(
      {
        ...options,
        messages: this.#messages,
        ...(tools.length === 0 ? {} : { tools }),
        ...(this.#answerTool === null ? {} : { tool_choice: this.#choice() }),
      },
      // An explicit timeout, because the SDK refuses long answers without streaming otherwise.
      { signal: this.#call.context.signal, timeout: timeoutMs },
    );
  }

  /** A model that thinks may not be forced to call a tool; it is asked to. */
  #choice(): Anthropic.ToolChoice {
    if (this.#options.thinks) return { type: "auto" };
    return this.#tools.length === 0 ? { type: "tool", name: ANSWER } : { type: "any" };
  }

  /** The user's side of the dialogue: results for calls that are open, then the message. */
  #reply(message: string): Anthropic.MessageParam["content"] {
    if (this.#open.length === 0) return message;
    const results: Anthropic.ContentBlockParam[] = this.#open.map((use) => ({
      type: "tool_result",
      tool_use_id: use.id,
      is_error: true,
      content: use.name === ANSWER ? message : "Not run: an answer was given already.",
    }));
    return this.#open.some((use) => use.name === ANSWER)
      ? results
      : [...results, { type: "text", text: message }];
  }

  #record(response: Anthropic.Message): void {
    const { emit } = this.#call.context;
    this.#messages.push({ role: "assistant", content: response.content });
    const text = textOf(response);
    if (text !== "") emit("agent.message", { role: "assistant", text });
    emit("agent.usage", { model: response.model, stopReason: response.stop_reason, ...usageOf(response) });
  }

  #callsIn({ content }: Anthropic.Message): number {
    return content.filter((block) => block.type === "tool_use" && !this.#isAnswer(block)).length;
  }

  #isAnswer({ name }: { readonly name: string }): boolean {
    return name === ANSWER && this.#answerTool !== null;
  }

  /** The answer, if this response is one; else runs the tools it calls and gives null: the dialogue goes on. */
  async #take(response: Anthropic.Message): Promise<AnswerWithoutUsage | null> {
    const uses = response.content.filter((block) => block.type === "tool_use");
    const cut = cutOff(response, this.#call.name);
    if (cut !== null) return cut;
    const given = uses.find((use) => this.#isAnswer(use));
    if (given !== undefined) {
      this.#open = uses;
      const input = given.input as Json;
      this.#call.context.emit("agent.message", { role: "assistant", text: JSON.stringify(input) });
      return { ok: true, type: "value", value: this.#wrapped ? unwrapped(input) : input };
    }
    if (uses.length > 0) {
      const content = await Promise.all(uses.map((use) => this.#run(use)));
      this.#messages.push({ role: "user", content });
      return null;
    }
    if (response.stop_reason === "pause_turn") return null;
    return { ok: true, type: "text", text: textOf(response) };
  }

  async #run(use: ToolUse): Promise<Anthropic.ToolResultBlockParam> {
    const { emit, cwd, signal, trace } = this.#call.context;
    const input = use.input as Json;
    const began = performance.now();
    emit("tool.started", { id: use.id, name: use.name, input });
    const tool = this.#tools.find((known) => known.name === use.name);
    let output: Json;
    let failed = false;
    try {
      if (tool === undefined) throw new Error(`There is no tool named ${use.name}`);
      output = await (trace ?? untraced).tool(use, () => tool.execute({ input, cwd, signal }));
    } catch (error) {
      failed = true;
      output = error instanceof Error ? error.message : String(error);
    }
    emit("tool.finished", {
      id: use.id,
      name: use.name,
      ok: !failed,
      durationMs: Math.round(performance.now() - began),
      output,
    });
    return {
      type: "tool_result",
      tool_use_id: use.id,
      is_error: failed,
      content: typeof output === "string" ? output : JSON.stringify(output),
    };
  }
}

type WithoutUsage<T> = T extends unknown ? Omit<T, "usage"> : never;
type AnswerWithoutUsage = WithoutUsage<Answer>;

/** An answer that the model could not finish or would not give: asking for a correction can't help. */
function cutOff(
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

function answerSchema(json: Json): {
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

function unwrapped(input: Json): Json {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  const { value } = input as { readonly [key: string]: Json };
  return value ?? null;
}

function textOf(response: Anthropic.Message): string {
  return response.content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

function usageOf({ usage }: Anthropic.Message): Usage {
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.cache_read_input_tokens ?? 0,
    cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
    calls: 1,
    toolCalls: 0,
  };
}
