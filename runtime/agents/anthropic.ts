import type Anthropic from "@anthropic-ai/sdk";
import type { Json } from "../../plan/types.ts";
import { aborted, failure } from "../executors/errors.ts";
import type { TaskError } from "../executors/executor.ts";
import { untraced } from "../telemetry/calls.ts";
import { ToolCalls, type Use } from "../tools/calls.ts";
import type { Tool } from "../tools/registry.ts";
import { costOf, priceOf } from "../usage/prices.ts";
import { providerError } from "./anthropic-error.ts";
import {
  type AnswerWithoutUsage,
  answerSchema,
  apiName,
  cutOff,
  reply,
  type ToolUse,
  textOf,
  unwrapped,
  usageOf,
} from "./anthropic-messages.ts";
import { type AnthropicOptions, readOptions } from "./anthropic-options.ts";
import {
  type AgentCall,
  type AgentProvider,
  type Answer,
  addUsage,
  type Conversation,
  NO_USAGE,
  tokensOf,
  type Usage,
  usedUp,
} from "./provider.ts";
import { AGENT_USAGE, suspended } from "./session.ts";

export interface AnthropicProviderOptions {
  /** Where key and base URL come from. Default: `process.env`. */
  readonly env?: { readonly [name: string]: string | undefined };
}

type Sdk = typeof import("@anthropic-ai/sdk");

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
    const toolbox = call.tools();
    if (!toolbox.ok) return failure("AGENT_OPTIONS", `Agent ${call.name}: ${toolbox.message}`).error;
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
    return new Dialogue(sdk, client, call, read.options, toolbox.tools);
  }
}

class Dialogue {
  readonly #sdk: Sdk;
  readonly #client: Anthropic;
  readonly #call: AgentCall;
  readonly #options: AnthropicOptions;
  readonly #tools: readonly Tool[];
  readonly #calls: ToolCalls;
  readonly #answerTool: Anthropic.Tool | null;
  /** Whether the schema's values are no objects and travel as `{ value }`: a tool's input is always an object. */
  readonly #wrapped: boolean;
  readonly #messages: Anthropic.MessageParam[] = [];
  /** The last answer. Calls in it have no result yet; the next message must bring one for each. */
  #given: Anthropic.Message["content"] | null = null;
  /** Tokens, in this attempt. */
  #used = 0;
  /** Requests since the last message. */
  #steps = 0;

  constructor(
    sdk: Sdk,
    client: Anthropic,
    call: AgentCall,
    options: AnthropicOptions,
    tools: readonly Tool[],
  ) {
    this.#sdk = sdk;
    this.#client = client;
    this.#call = call;
    this.#options = options;
    this.#tools = tools;
    this.#calls = new ToolCalls(tools, call.session, call.context);
    const schema = call.schema === null ? null : answerSchema(call.schema.jsonSchema);
    this.#wrapped = schema?.wrapped ?? false;
    this.#answerTool =
      schema === null
        ? null
        : {
            name: tools.some(({ name }) => name === ANSWER) ? `final_${ANSWER}` : ANSWER,
            description: "Give your final answer. Call this exactly once, when you are done.",
            input_schema: schema.inputSchema,
          };
  }

  async ask(message: string): Promise<Answer> {
    const before = this.#calls.count;
    const answer = await this.#ask(message);
    return {
      ...answer,
      usage: addUsage(answer.usage, { ...NO_USAGE, toolCalls: this.#calls.count - before }),
    };
  }

  async #ask(message: string): Promise<Answer> {
    let usage = NO_USAGE;
    const stopped = this.#messages.length === 0 ? await this.#begin(message) : this.#correct(message);
    if (stopped) return { ...stopped, usage };
    const { maxTokens } = this.#call;
    while (this.#steps < this.#options.maxSteps) {
      if (maxTokens !== undefined && this.#used > 0 && this.#used >= maxTokens)
        return { ...usedUp(this.#used, maxTokens), usage };
      let response: Anthropic.Message;
      try {
        response = await this.#traced();
      } catch (error) {
        const { signal } = this.#call.context;
        const reason = signal.aborted ? aborted(signal).error : providerError(this.#sdk, error, Date.now());
        return { ok: false, error: reason, usage };
      }
      this.#steps++;
      usage = addUsage(usage, this.#usageOf(response));
      this.#used += tokensOf(usageOf(response));
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

  /** The prompt, and whatever followed it in earlier attempts: what was under way then is settled now. */
  async #begin(prompt: string): Promise<AnswerWithoutUsage | null> {
    const { context, session } = this.#call;
    this.#messages.push({ role: "user", content: prompt });
    if (session.turns.length === 0) context.emit("agent.message", { role: "user", text: prompt });
    else context.emit("agent.continued", { agent: session.agent, turns: session.turns.length });
    for (const { content: given, correction } of session.turns) {
      const content = given as unknown as Anthropic.Message["content"];
      this.#messages.push({ role: "assistant", content });
      if (correction === null) {
        if (session.isSame) this.#steps++;
        const stopped = await this.#tell(content);
        if (stopped) return stopped;
      } else {
        this.#steps = 0;
        this.#messages.push({
          role: "user",
          content: reply(content, correction, (use) => this.#isAnswer(use)),
        });
      }
    }
    return null;
  }

  #correct(message: string): null {
    const { context, session } = this.#call;
    const given = this.#given ?? [];
    context.emit("agent.message", { role: "user", text: message });
    session.corrected(given as unknown as Json, message);
    this.#messages.push({ role: "user", content: reply(given, message, (use) => this.#isAnswer(use)) });
    this.#steps = 0;
    return null;
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
        usage: this.#usageOf(response),
      }),
    );
  }

  #request(): Promise<Anthropic.Message> {
    const { options, timeoutMs } = { options: this.#options.request, timeoutMs: this.#options.timeoutMs };
    const tools: Anthropic.Tool[] = this.#tools.map((tool) => ({
      name: apiName(tool.name),
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
    return this.#tools.length === 0 && this.#answerTool
      ? { type: "tool", name: this.#answerTool.name }
      : { type: "any" };
  }

  #record(response: Anthropic.Message): void {
    const { emit } = this.#call.context;
    this.#messages.push({ role: "assistant", content: response.content });
    this.#given = response.content;
    const text = textOf(response);
    if (text !== "") emit("agent.message", { role: "assistant", text });
    const { model, stop_reason: stopReason } = response;
    emit(AGENT_USAGE, { model, stopReason, ...this.#usageOf(response) });
  }

  /** At the price of the model that answered, else of the one that was asked: its name may stand for several. */
  #usageOf(response: Anthropic.Message): Usage {
    const usage = usageOf(response);
    const { prices } = this.#call.context;
    return { ...usage, ...costOf(priceOf(prices, response.model, this.#options.request.model), usage) };
  }

  #useOf({ id, name, input }: ToolUse): Use {
    const tool = this.#tools.find((known) => apiName(known.name) === name);
    return { id, name: tool?.name ?? name, input: input as Json };
  }

  #isAnswer({ name }: { readonly name: string }): boolean {
    return name === this.#answerTool?.name;
  }

  /** The answer, if this response is one; else runs the tools it calls and gives null: the dialogue goes on. */
  async #take(response: Anthropic.Message): Promise<AnswerWithoutUsage | null> {
    const uses = response.content.filter((block) => block.type === "tool_use");
    const cut = cutOff(response, this.#call.name);
    if (cut !== null) return cut;
    const given = uses.find((use) => this.#isAnswer(use));
    if (given !== undefined) {
      const input = given.input as Json;
      this.#call.context.emit("agent.message", { role: "assistant", text: JSON.stringify(input) });
      return { ok: true, type: "value", value: this.#wrapped ? unwrapped(input) : input };
    }
    if (uses.length > 0 || response.stop_reason === "pause_turn") {
      await this.#call.session.called(response.content as unknown as Json);
      return this.#tell(response.content);
    }
    return { ok: true, type: "text", text: textOf(response) };
  }

  /** Runs the tools that a turn calls and says what came of them; gives what ended the attempt instead, if anything did. */
  async #tell(content: Anthropic.Message["content"]): Promise<AnswerWithoutUsage | null> {
    const uses = content.filter((block) => block.type === "tool_use");
    const settled = await this.#calls.settle(uses.map((use) => this.#useOf(use)));
    switch (settled.type) {
      case "aborted":
        return aborted(this.#call.context.signal);
      case "asks":
        return suspended(settled.question);
      case "told": {
        const results = settled.told.map(
          ({ ok, output }, index): Anthropic.ToolResultBlockParam => ({
            type: "tool_result",
            tool_use_id: (uses[index] as ToolUse).id,
            is_error: !ok,
            content: typeof output === "string" ? output : JSON.stringify(output),
          }),
        );
        if (results.length > 0) this.#messages.push({ role: "user", content: results });
        return null;
      }
    }
  }
}
