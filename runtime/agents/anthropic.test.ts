/** The provider against a server on loopback: answers, failures, limits (SEMANTICS 27, 28, 32). */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Agent, Json } from "../../plan/types.ts";
import type { AttemptContext } from "../executors/executor.ts";
import { createExecutors } from "../executors/index.ts";
import { type TestEvent, testContext, testPlan } from "../executors/testing.ts";
import type { Tool } from "../tools/registry.ts";
import { answer, type MessagesServer, messagesServer, say, type Turn, use } from "./testing.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()));
});

const rowSchema: Json = {
  type: "object",
  properties: { n: { type: "number" } },
  required: ["n"],
  additionalProperties: false,
};

interface Options extends Partial<Pick<AttemptContext, "signal" | "prices">> {
  readonly schema?: string | null;
  readonly agents?: readonly string[];
  readonly options?: { readonly [name: string]: Json };
  readonly tools?: readonly Tool[];
  readonly env?: { readonly [name: string]: string };
  readonly maxSchemaRetries?: number;
  readonly maxAgentCalls?: number;
  readonly pauses?: string;
}

/** Executors over a server that plays `turns`. */
async function stage(turns: readonly Turn[], options: Options = {}) {
  const server: MessagesServer = await messagesServer(turns);
  const executors = createExecutors({
    anthropic: { env: options.env ?? { ANTHROPIC_API_KEY: "key-1", ANTHROPIC_BASE_URL: server.url } },
    ...(options.tools === undefined ? {} : { tools: options.tools }),
    ...(options.maxAgentCalls === undefined ? {} : { maxAgentCalls: options.maxAgentCalls }),
    ...(options.pauses === undefined ? {} : { pauses: options.pauses }),
  });
  open.push(executors, server);
  const claude: Agent = {
    kind: "anthropic",
    model: "claude-test",
    instructions: "Be brief.",
    options: options.options ?? {},
  };
  const plan = testPlan({
    schemas: { row: "z.object({ n: z.number() })", word: "z.string().max(5)" },
    jsonSchemas: { row: rowSchema, word: { type: "string", maxLength: 5 } },
    agents: {
      claude,
      other: { ...claude, model: "claude-other" },
      twin: { ...claude, instructions: "Be long." },
      codex: { kind: "cli:codex", options: {} },
    },
  });
  const ask = async (signal?: AbortSignal, agents = options.agents ?? ["claude"]) => {
    const { prices } = options;
    const context = testContext(plan, { ...(signal && { signal }), ...(prices && { prices }) });
    const result = await executors.get("agent").execute(
      {
        kind: "agent",
        agents,
        prompt: "How many?",
        schema: options.schema === undefined ? "row" : options.schema,
        maxSchemaRetries: options.maxSchemaRetries ?? 3,
      },
      context,
    );
    return { result, events: context.events };
  };
  return { server, ask };
}

const types = (events: readonly TestEvent[]): string[] => events.map((event) => event.type);

describe("an answer", () => {
  it("is structured output by a tool the model must call", async () => {
    const { server, ask } = await stage([answer({ n: 3 })]);
    const { result, events } = await ask();
    expect(result).toEqual({
      ok: true,
      raw: { n: 3 },
      value: { n: 3 },
      usage: {
        inputTokens: 10,
        outputTokens: 5,
        cacheReadTokens: 2,
        cacheWriteTokens: 0,
        calls: 1,
        toolCalls: 0,
      },
    });
    expect(server.requests[0]).toMatchObject({
      path: "/v1/messages",
      body: {
        model: "claude-test",
        system: "Be brief.",
        max_tokens: 16_000,
        messages: [{ role: "user", content: "How many?" }],
        tools: [{ name: "answer", input_schema: rowSchema }],
        tool_choice: { type: "tool", name: "answer" },
      },
    });
    expect(server.requests[0]?.authorization).toContain("key-1");
    expect(types(events)).toEqual(["agent.message", "agent.usage", "agent.message"]);
  });

  it("is text without a schema, JSON in it left alone", async () => {
    const { server, ask } = await stage([say('{"n": 1}')], { schema: null });
    expect((await ask()).result).toMatchObject({ ok: true, raw: '{"n": 1}', value: '{"n": 1}' });
    expect(server.requests[0]?.body.tools).toBeUndefined();
  });

  it.each([
    ["a fenced block", 'Here:\n```json\n{ "n": 4 }\n```\nDone.'],
    ["bare JSON", '{ "n": 4 }'],
    ["an object in a sentence", 'The answer is {"n": 4}, as "{asked}".'],
  ])("may be text with %s", async (_, text) => {
    const { ask } = await stage([say(text)]);
    expect((await ask()).result).toMatchObject({ ok: true, raw: { n: 4 } });
  });

  it("that is no object travels wrapped", async () => {
    const { server, ask } = await stage([answer({ value: "yes" })], { schema: "word" });
    expect((await ask()).result).toMatchObject({ ok: true, raw: "yes", value: "yes" });
    expect(server.requests[0]).toMatchObject({
      body: {
        tools: [
          { input_schema: { type: "object", properties: { value: { type: "string", maxLength: 5 } } } },
        ],
      },
    });
  });

  it("that fails its schema goes back with what was wrong, in the same dialogue", async () => {
    const { server, ask } = await stage([answer({ n: "3" }), say("three"), answer({ n: 3 })]);
    const { result, events } = await ask();
    expect(result).toMatchObject({ ok: true, raw: { n: 3 }, usage: { calls: 3, inputTokens: 30 } });
    expect(server.requests[1]?.body.messages).toMatchObject([
      { role: "user", content: "How many?" },
      { role: "assistant", content: [{ type: "tool_use", name: "answer", input: { n: "3" } }] },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: "toolu_answer",
            is_error: true,
            content: expect.stringContaining("- n: Invalid input: expected number, received string"),
          },
        ],
      },
    ]);
    expect(server.requests[2]?.body.messages).toHaveLength(5);
    expect(types(events).filter((type) => type === "agent.correction")).toHaveLength(2);
  });

  it("is given up after maxSchemaRetries corrections", async () => {
    const { server, ask } = await stage([answer({})], { maxSchemaRetries: 3 });
    expect((await ask()).result).toMatchObject({
      ok: false,
      error: {
        code: "OUTPUT_INVALID",
        message: expect.stringContaining("schema row:\n- n:"),
        retryable: true,
      },
      usage: { calls: 4 },
    });
    expect(server.requests).toHaveLength(4);
  });

  it("that was cut off or refused is no answer", async () => {
    const cut = await stage([{ ...answer({ n: 1 }), stopReason: "max_tokens" } as Turn]);
    expect((await cut.ask()).result).toMatchObject({
      ok: false,
      error: { code: "MAX_TOKENS", retryable: false },
    });
    const refused = await stage([{ content: [], stopReason: "refusal" }]);
    expect((await refused.ask()).result).toMatchObject({
      ok: false,
      error: { code: "REFUSED", retryable: false },
    });
  });
});

describe("tools", () => {
  const add: Tool = {
    name: "add",
    description: "Adds",
    inputSchema: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
    async execute({ input }) {
      const { a, b } = input as { a: number; b: number };
      if (a < 0) throw new Error("a is negative");
      return { sum: a + b };
    },
  };

  it("run between question and answer, and their errors are told to the model", async () => {
    const turns = [
      {
        content: [
          { type: "text", text: "Let me add." },
          { type: "tool_use", id: "t1", name: "add", input: { a: 1, b: 2 } },
          { type: "tool_use", id: "t2", name: "add", input: { a: -1, b: 2 } },
        ],
        stopReason: "tool_use",
      },
      use("nonsense", {}, "t3"),
      answer({ n: 3 }),
    ];
    const { server, ask } = await stage(turns, { tools: [add], options: { tools: ["add"] } });
    const { result, events } = await ask();
    expect(result).toMatchObject({ ok: true, raw: { n: 3 }, usage: { calls: 3, toolCalls: 3 } });
    expect(server.requests[0]?.body.tool_choice).toEqual({ type: "any" });
    expect(server.requests[1]?.body.messages).toMatchObject([
      {},
      { role: "assistant", content: [{ type: "text" }, { id: "t1" }, { id: "t2" }] },
      {
        role: "user",
        content: [
          { tool_use_id: "t1", is_error: false, content: '{"sum":3}' },
          { tool_use_id: "t2", is_error: true, content: "a is negative" },
        ],
      },
    ]);
    expect(events.filter((event) => event.type === "tool.finished").map((event) => event.data)).toMatchObject(
      [
        { id: "t1", name: "add", ok: true, output: { sum: 3 } },
        { id: "t2", name: "add", ok: false, output: "a is negative" },
        { id: "t3", name: "nonsense", ok: false, output: "There is no tool named nonsense" },
      ],
    );
  });

  it("do not run for ever", async () => {
    const { ask, server } = await stage([use("add", { a: 1, b: 1 })], {
      tools: [add],
      options: { tools: ["add"], maxSteps: 3 },
    });
    expect((await ask()).result).toMatchObject({
      ok: false,
      error: { code: "TOO_MANY_STEPS", retryable: false },
    });
    expect(server.requests).toHaveLength(3);
  });

  it("that nobody registered are an error before any call", async () => {
    const { ask, server } = await stage([answer({ n: 1 })], { options: { tools: ["rm"] } });
    expect((await ask()).result).toMatchObject({
      ok: false,
      error: { code: "AGENT_OPTIONS", message: expect.stringMatching(/rm/) },
    });
    expect(server.requests).toHaveLength(0);
  });
});

describe("failures", () => {
  it.each([
    [429, true],
    [500, true],
    [502, true],
    [503, true],
    [504, true],
    [529, true],
    [400, false],
    [401, false],
    [403, false],
    [404, false],
  ])("status %i: retryable %s, called once", async (status, retryable) => {
    const { server, ask } = await stage([{ status, message: "because" }]);
    expect((await ask()).result).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining(`${status} because`), retryable },
    });
    expect(server.requests).toHaveLength(1);
  });

  it("a broken connection may be retried", async () => {
    for (const fault of ["reset", "cut"] as const) {
      const { ask } = await stage([{ fault }]);
      expect((await ask()).result).toMatchObject({
        ok: false,
        error: { code: "CONNECTION", retryable: true },
      });
    }
    const nowhere = await stage([say("")], {
      env: { ANTHROPIC_API_KEY: "k", ANTHROPIC_BASE_URL: "http://127.0.0.1:1" },
    });
    expect((await nowhere.ask()).result).toMatchObject({
      ok: false,
      error: { code: "CONNECTION", retryable: true },
    });
  });

  it("an answer that never comes ends by the request's own limit", async () => {
    const { ask } = await stage([{ fault: "silent" }], { options: { timeoutMs: 100 } });
    expect((await ask()).result).toMatchObject({ ok: false, error: { code: "TIMEOUT", retryable: true } });
  });

  it("timeout and cancel of the attempt drop the request", async () => {
    const { ask, server } = await stage([{ fault: "silent" }]);
    expect((await ask(AbortSignal.timeout(150))).result).toMatchObject({
      ok: false,
      error: { code: "TIMEOUT", retryable: true },
    });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    expect((await ask(controller.signal)).result).toMatchObject({
      ok: false,
      error: { code: "CANCELLED", retryable: false },
    });
    await expect.poll(() => server.abandoned).toBe(2);
  });

  it("a slow answer is waited for", async () => {
    const { ask } = await stage([{ ...answer({ n: 1 }), latencyMs: 300 } as Turn]);
    expect((await ask()).result).toMatchObject({ ok: true });
  });

  it("without a key nothing is called", async () => {
    const { ask } = await stage([answer({ n: 1 })], { env: {} });
    expect((await ask()).result).toMatchObject({
      ok: false,
      error: {
        code: "NO_API_KEY",
        message: expect.stringMatching(/ANTHROPIC_API_KEY.*--script/),
        retryable: false,
      },
    });
  });

  it("wrong options are named", async () => {
    const { ask } = await stage([answer({ n: 1 })], { options: { maxTokens: -1 } });
    expect((await ask()).result).toMatchObject({
      ok: false,
      error: { code: "AGENT_OPTIONS", message: expect.stringMatching(/claude: options\.maxTokens: /) },
    });
  });

  it("options without effect are warned of", async () => {
    const { ask } = await stage([answer({ n: 1 })], { options: { temperature: 0.5, colour: "red" } });
    expect((await ask()).events[0]).toEqual({
      type: "agent.warning",
      data: { message: expect.stringContaining("colour") },
    });
  });
});

describe("limits", () => {
  it("Retry-After is reported and holds every agent of the same model, no other (SEMANTICS 27)", async () => {
    const { server, ask } = await stage([{ status: 429, headers: { "retry-after": "1" } }, answer({ n: 1 })]);
    const begin = Date.now();
    expect((await ask()).result).toMatchObject({
      ok: false,
      error: { retryAfterMs: 1_000, retryable: true },
    });
    const same = ask(undefined, ["twin"]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.requests).toHaveLength(1);
    expect((await same).result).toMatchObject({ ok: true });
    expect(Date.now() - begin).toBeGreaterThanOrEqual(990);
  });

  it("Retry-After holds the other runs of the project, until its time is up, and no other model", async () => {
    const above = mkdtempSync(path.join(tmpdir(), "smithers-pauses-"));
    const pauses = path.join(above, "pauses");
    try {
      const one = await stage([{ status: 429, headers: { "retry-after": "1" } }], { pauses });
      const two = await stage([answer({ n: 1 })], { pauses });
      const begin = Date.now();
      await one.ask();
      const same = two.ask();
      expect((await two.ask(undefined, ["other"])).result).toMatchObject({ ok: true });
      expect(two.server.requests.map(({ body }) => body.model)).toEqual(["claude-other"]);
      const { result, events } = await same;
      expect(result).toMatchObject({ ok: true });
      expect(types(events).filter((type) => type === "agent.paused")).toHaveLength(1);
      expect(Date.now() - begin).toBeGreaterThanOrEqual(990);
      // No other run is held by what is over.
      const three = await stage([answer({ n: 1 })], { pauses });
      expect((await three.ask()).events.map(({ type }) => type)).not.toContain("agent.paused");
    } finally {
      rmSync(above, { recursive: true });
    }
  });

  it("no pause for another model: the next agent of the list answers at once", async () => {
    const { server, ask } = await stage(
      [{ status: 429, headers: { "retry-after": "30" } }, answer({ n: 2 })],
      {
        agents: ["claude", "other"],
      },
    );
    const { result, events } = await ask();
    expect(result).toMatchObject({ ok: true, raw: { n: 2 } });
    expect(server.requests.map((request) => request.body.model)).toEqual(["claude-test", "claude-other"]);
    expect(types(events)).toContain("agent.fallback");
  });

  it("the 11th of 11 calls with 10 slots waits (SEMANTICS 28)", async () => {
    const slow = { ...answer({ n: 1 }), latencyMs: 300 } as Turn;
    const { server, ask } = await stage([slow], { maxAgentCalls: 10 });
    const all = Array.from({ length: 11 }, () => ask());
    await expect.poll(() => server.requests.length).toBe(10);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(server.requests).toHaveLength(10);
    for (const { result } of await Promise.all(all)) expect(result.ok).toBe(true);
    expect(server.requests).toHaveLength(11);
  });

  it("a waiting call can be cancelled", async () => {
    const { server, ask } = await stage([{ status: 429, headers: { "retry-after": "30" } }]);
    await ask();
    expect((await ask(AbortSignal.timeout(50))).result).toMatchObject({ error: { code: "TIMEOUT" } });
    expect(server.requests).toHaveLength(1);
  });
});

describe("what calls cost", () => {
  /** Of the server's 10 tokens read, 5 written and 2 of the cache: 10 + 10 + 1 millionths. */
  const price = { input: 1, output: 2, cacheRead: 0.5 };

  it("is unknown without prices, and of a model that has none", async () => {
    for (const prices of [undefined, { "claude-sonnet-4-5": price }]) {
      const { ask } = await stage([answer({ n: 1 })], { ...(prices && { prices }) });
      const { result, events } = await ask();
      expect(result.usage).not.toHaveProperty("costUsd");
      expect(events.find(({ type }) => type === "agent.usage")?.data).not.toHaveProperty("costUsd");
    }
  });

  it("adds up over corrections and calls of tools, and is told with each answer", async () => {
    const { ask } = await stage([say("three"), answer({ n: 3 })], { prices: { "claude-test": price } });
    const { result, events } = await ask();
    expect(result.usage).toMatchObject({ calls: 2, costUsd: 0.000_042, pricedCalls: 2 });
    const told = events.filter(({ type }) => type === "agent.usage").map(({ data }) => data.costUsd);
    expect(told).toEqual([0.000_021, 0.000_021]);
  });

  it("counts what was read from the provider's cache and written to it at prices of their own", async () => {
    const usage = { cache_read_input_tokens: 1_000, cache_creation_input_tokens: 400 };
    const cached = { ...answer({ n: 1 }), usage } as Turn;
    const all = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 };
    const { ask } = await stage([cached], { prices: { "claude-test": all } });
    // 10 × 3 + 5 × 15 + 1,000 × 0.3 + 400 × 3.75 millionths.
    expect((await ask()).result.usage).toMatchObject({ costUsd: 0.001_905 });
  });

  it("is that of each model that answered, where one stands in for another", async () => {
    // The server calls itself claude-test whatever is asked: the name that was asked counts where that has no price.
    const prices = { "claude-other": { input: 100, output: 0 } };
    const { ask } = await stage([{ ...say("no"), stopReason: "refusal" } as Turn, answer({ n: 2 })], {
      agents: ["claude", "other"],
      prices,
    });
    const { result } = await ask();
    expect(result.usage).toMatchObject({ calls: 2, costUsd: 0.001_2, pricedCalls: 1 });
    const both = await stage([{ ...say("no"), stopReason: "refusal" } as Turn, answer({ n: 2 })], {
      agents: ["claude", "other"],
      prices: { ...prices, "claude-test": price },
    });
    expect((await both.ask()).result.usage).toMatchObject({ costUsd: 0.000_042, pricedCalls: 2 });
  });

  it("of an attempt that fails is known as well", async () => {
    const { ask } = await stage([say("no"), { status: 500 }], { prices: { "claude-test": price } });
    expect((await ask()).result).toMatchObject({ ok: false, usage: { calls: 1, costUsd: 0.000_021 } });
  });
});

describe("kinds this version can't run", () => {
  it("say so, with the way out", async () => {
    const { ask } = await stage([answer({ n: 1 })], { agents: ["codex"] });
    expect((await ask()).result).toMatchObject({
      ok: false,
      error: {
        code: "UNSUPPORTED_AGENT",
        message: expect.stringMatching(/codex.*cli:codex.*--script/),
        retryable: false,
      },
    });
  });
});
