/** Conversations that go on: after people were asked, after a failure, after a crash (SEMANTICS 40, 41). */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requirementsOf } from "../../plan/features.ts";
import { seal } from "../../plan/index.ts";
import type { Json } from "../../plan/types.ts";
import { planOf, type TestNode } from "../../test/plans.ts";
import { createExecutors } from "../executors/index.ts";
import {
  decide,
  type EventRecord,
  events,
  fork,
  listWaits,
  parseScript,
  replay,
  resume,
  run,
  why,
} from "../index.ts";
import type { Tool } from "../tools/registry.ts";
import { answer, type MessagesServer, messagesServer, type Turn, use } from "./testing.ts";

let root: string;
let server: MessagesServer | null = null;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "smithers-session-"));
});
afterEach(async () => {
  await server?.close();
  server = null;
  rmSync(root, { recursive: true, force: true });
});

/** What the tools were called with, in order. */
let ran: string[] = [];
beforeEach(() => {
  ran = [];
});
const tool = (name: string, more: Partial<Tool> = {}): Tool => ({
  name,
  description: "",
  inputSchema: { type: "object" },
  execute: async ({ input }) => {
    ran.push(`${name} ${JSON.stringify(input)}`);
    return `${name} did it`;
  },
  ...more,
});

const flow = (options: { readonly [name: string]: Json }, node: Partial<TestNode> = {}) => {
  const plan = planOf(
    {
      ask: {
        kind: "task",
        output: "row",
        agent: "claude",
        prompt: "Pay the bill.",
        retryPolicy: { backoff: "fixed", initialDelayMs: 1 },
        ...node,
      } as TestNode,
    },
    {
      schemas: { row: "z.object({ v: z.number() })" },
      agents: { claude: { kind: "anthropic", model: "claude-test", options } },
    },
  );
  return seal({ ...plan, requires: [...requirementsOf(plan).keys()] });
};

async function stage(turns: readonly Turn[], tools: readonly Tool[] = [tool("pay"), tool("look")]) {
  server = await messagesServer(turns);
  const executors = createExecutors({
    anthropic: { env: { ANTHROPIC_API_KEY: "k", ANTHROPIC_BASE_URL: server.url } },
    tools,
  });
  return { server, executors };
}

async function stageAgain(turns: readonly Turn[]) {
  await server?.close();
  return stage(turns);
}

async function journal(): Promise<readonly EventRecord[]> {
  const found: EventRecord[] = [];
  for await (const event of events("r", { root })) found.push(event);
  return found;
}
const messagesOf = (request: number) =>
  server?.requests[request]?.body.messages as { role: string; content: Json }[] | undefined;

const both: Turn = {
  content: [
    { type: "tool_use", id: "t1", name: "look", input: { at: 1 } },
    { type: "tool_use", id: "t2", name: "pay", input: { amount: 12 } },
    { type: "tool_use", id: "t3", name: "look", input: { at: 2 } },
  ],
  stopReason: "tool_use",
};

describe("a tool that people have to agree to", () => {
  const options = { tools: ["look", "pay"], approval: { pay: "always" } };
  const begin = async (turns: readonly Turn[]) => {
    const { executors } = await stage(turns);
    const result = await run(flow(options), { root, runId: "r", executors });
    return { executors, result };
  };

  it("suspends the run before it runs, and is shown with its arguments", async () => {
    const { result } = await begin([both, answer({ v: 1 })]);
    expect(result).toMatchObject({ status: "waiting", waitingFor: [{ nodeId: "ask", asks: "tool" }] });
    expect(ran).toEqual(['look {"at":1}', 'look {"at":2}']);
    const { waits } = await listWaits(root);
    expect(waits).toMatchObject([
      {
        node: "ask",
        kind: "tool",
        title: "May the tool pay run?",
        summary: '{"amount":12}',
        commands: ["smithers approve r ask", "smithers deny r ask"],
      },
    ]);
    expect(await why("r", "ask", { root })).toMatchObject([{ next: "smithers approve r ask" }]);
    expect(await replay("r", { root })).toMatchObject({ identical: true });
  });

  it("runs once agreed, and the conversation goes on: what ran before does not again", async () => {
    const { executors } = await begin([both, answer({ v: 1 })]);
    await decide("r", "ask", { root, approved: true, decidedBy: "ann" });
    const result = await resume("r", { root, executors });
    expect(result).toMatchObject({ status: "finished", outputs: { row: [{ v: 1 }] } });
    expect(ran).toEqual(['look {"at":1}', 'look {"at":2}', 'pay {"amount":12}']);
    expect(server?.requests).toHaveLength(2);
    expect(messagesOf(1)).toMatchObject([
      { role: "user", content: "Pay the bill." },
      { role: "assistant", content: [{ id: "t1" }, { id: "t2" }, { id: "t3" }] },
      {
        role: "user",
        content: [
          { tool_use_id: "t1", is_error: false, content: "look did it" },
          { tool_use_id: "t2", is_error: false, content: "pay did it" },
          { tool_use_id: "t3", is_error: false, content: "look did it" },
        ],
      },
    ]);
    // A suspension is neither a failure nor a retry of the call: the tokens of both attempts count once.
    expect(result.totals).toMatchObject({ attempts: 2, calls: 2, toolCalls: 3 });
    expect(await replay("r", { root })).toMatchObject({ identical: true });
  });

  it("never runs when it is denied, and the model is told", async () => {
    const { executors } = await begin([both, answer({ v: 0 })]);
    await decide("r", "ask", { root, approved: false, note: "too much", decidedBy: "ann" });
    expect(await resume("r", { root, executors })).toMatchObject({ status: "finished" });
    expect(ran).not.toContain('pay {"amount":12}');
    expect((messagesOf(1)?.[2]?.content as Json[] | undefined)?.[1]).toMatchObject({
      is_error: true,
      content: "Denied by ann: too much. It was not run.",
    });
    expect(await replay("r", { root })).toMatchObject({ identical: true });
  });

  it("is asked about call by call, while the run is attended too", async () => {
    const twice: Turn = {
      content: [1, 2].map((n) => ({ type: "tool_use", id: `p${n}`, name: "pay", input: { n } })),
      stopReason: "tool_use",
    };
    const { executors } = await stage([twice, answer({ v: 2 })]);
    const going = run(flow(options), { root, runId: "r", executors, wait: true });
    for (const n of [1, 2]) {
      for (let tries = 0; ; tries++) {
        const { waits } = await listWaits(root);
        if (waits.some(({ summary }) => summary === `{"n":${n}}`)) break;
        expect(tries).toBeLessThan(400);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await decide("r", "ask", { root, approved: n === 1, decidedBy: "ann" });
    }
    expect(await going).toMatchObject({ status: "finished" });
    expect(ran).toEqual(['pay {"n":1}']);
    expect(await replay("r", { root })).toMatchObject({ identical: true });
  });

  it("a decision that was made on another call is not taken", async () => {
    const { executors } = await begin([both, answer({ v: 1 })]);
    const decision = { approved: true, note: null, decidedBy: "ann", decidedAt: 1, call: "t0" };
    const result = await resume("r", {
      root,
      executors,
      requests: (take) => {
        take({ nodeId: "ask", scope: "", iteration: 0, ...decision }, () => {});
        return () => {};
      },
    });
    expect(result.status).toBe("waiting");
    expect(ran).not.toContain('pay {"amount":12}');
    expect((await journal()).find(({ type }) => type === "approval.refused")?.data).toMatchObject({
      message: "it was said of another question",
    });
    expect(await replay("r", { root })).toMatchObject({ identical: true });
  });
});

describe("a conversation in which a provider fails", () => {
  const turns: readonly Turn[] = [use("pay", { n: 1 }, "t1"), { status: 529 }, answer({ v: 1 })];

  it("goes on in the next attempt, without a tool that ran", async () => {
    const { executors } = await stage(turns);
    const result = await run(flow({ tools: ["pay"] }), { root, runId: "r", executors });
    expect(result).toMatchObject({ status: "finished", totals: { attempts: 2, toolCalls: 1 } });
    expect(ran).toEqual(['pay {"n":1}']);
    expect(messagesOf(2)).toEqual(messagesOf(1));
    expect(await replay("r", { root })).toMatchObject({ identical: true });
  });

  it("begins again with onResume restart", async () => {
    const { executors } = await stage([...turns.slice(0, 2), use("pay", { n: 1 }, "t9"), answer({ v: 1 })]);
    await run(flow({ tools: ["pay"] }, { onResume: "restart" } as never), { root, runId: "r", executors });
    expect(ran).toEqual(['pay {"n":1}', 'pay {"n":1}']);
    expect(messagesOf(2)).toHaveLength(1);
  });

  it("fails with onResume fail, where tools have run; before that it is only tried again", async () => {
    const { executors } = await stage(turns);
    const fail = flow({ tools: ["pay"] }, { onResume: "fail" } as never);
    const result = await run(fail, { root, runId: "r", executors });
    expect(result.reason).toMatch(/SESSION_INTERRUPTED/);
    expect(ran).toEqual(['pay {"n":1}']);
    const { executors: again } = await stageAgain([use("pay", { n: 2 }, "t2"), answer({ v: 1 })]);
    // Whoever resumes the run wants it done: it begins from the prompt.
    expect(await resume("r", { root, executors: again })).toMatchObject({ status: "finished" });
    expect(ran).toEqual(['pay {"n":1}', 'pay {"n":2}']);
    await server?.close();
    const { executors: others } = await stage([{ status: 529 }, answer({ v: 1 })]);
    expect(await run(fail, { root, runId: "other", executors: others })).toMatchObject({
      status: "finished",
    });
  });

  it("is what the corrections of an answer leave, too", async () => {
    const { executors } = await stage([
      use("pay", { n: 1 }, "t1"),
      use("answer", { v: "many" }, "a1"),
      { status: 529 },
      answer({ v: 3 }),
    ]);
    expect(await run(flow({ tools: ["pay"] }), { root, runId: "r", executors })).toMatchObject({
      status: "finished",
    });
    expect(messagesOf(3)).toEqual(messagesOf(2));
    expect(messagesOf(3)).toHaveLength(5);
  });
});

describe("a key for the world outside", () => {
  it("is the same for the same call of a conversation that began again, and another for each call", async () => {
    const keys: string[] = [];
    const pay = tool("pay", {
      execute: async ({ idempotencyKey }) => {
        keys.push(idempotencyKey);
        return "paid";
      },
    });
    const again = (id: string): Turn => use("pay", { n: 1 }, id);
    const { executors } = await stage(
      [again("t1"), again("t2"), { status: 529 }, again("t3"), again("t4"), answer({ v: 1 })],
      [pay],
    );
    await run(flow({ tools: ["pay"] }, { onResume: "restart" } as never), { root, runId: "r", executors });
    expect(keys).toHaveLength(4);
    expect(keys.slice(2)).toEqual(keys.slice(0, 2));
    expect(keys[0]).not.toBe(keys[1]);
  });
});

describe("a limit of steps", () => {
  it("counts those before a question too, and anew once a person resumes what failed for it", async () => {
    const options = { tools: ["look", "pay"], approval: { pay: "always" }, maxSteps: 2 };
    const looks = [1, 2, 3].map((n) => use("look", { n }, `l${n}`));
    const { executors } = await stage([use("pay", {}, "p1"), ...looks.slice(0, 1), answer({ v: 1 })]);
    await run(flow(options), { root, runId: "r", executors });
    await decide("r", "ask", { root, approved: true, decidedBy: "ann" });
    const failed = await resume("r", { root, executors });
    expect(failed.reason).toMatch(/TOO_MANY_STEPS/);
    expect(server?.requests).toHaveLength(2);
    expect(await resume("r", { root, executors })).toMatchObject({ status: "finished" });
    expect(ran).toEqual(["pay {}", 'look {"n":1}']);
    expect(await replay("r", { root })).toMatchObject({ identical: true });
  });
});

describe("a fork of a run that asks about a tool", () => {
  it("asks once more in a conversation of its own, when it has its answer", async () => {
    const pay = (id: string) => use("pay", {}, id);
    const { executors } = await stage([pay("p1"), pay("p2"), answer({ v: 1 })]);
    await run(flow({ tools: ["pay"], approval: { pay: "always" } }), { root, runId: "r", executors });
    await fork("r", { root, frame: 1, runId: "f" });
    await decide("f", "ask", { root, approved: true, decidedBy: "ann" });
    expect(await resume("f", { root, executors })).toMatchObject({ status: "waiting" });
    expect(ran).toEqual([]);
    await decide("f", "ask", { root, approved: true, decidedBy: "ann" });
    expect(await resume("f", { root, executors })).toMatchObject({ status: "finished" });
    expect(ran).toEqual(["pay {}"]);
    expect(await replay("f", { root })).toMatchObject({ identical: true });
  });
});

describe("a limit of tokens", () => {
  it("ends a conversation between two calls of tools: the next request is not made", async () => {
    const { executors } = await stage([use("look", {}, "t1"), use("look", {}, "t2"), answer({ v: 1 })]);
    const limited = planOf(
      {
        box: { kind: "aspects", tokenBudget: { max: 1_000, perTask: 30 } } as TestNode,
        ask: { kind: "task", parent: "box", output: "row", agent: "claude", prompt: "Go." } as TestNode,
      },
      {
        schemas: { row: "z.object({ v: z.number() })" },
        agents: { claude: { kind: "anthropic", model: "claude-test", options: { tools: ["look"] } } },
      },
    );
    const result = await run(limited, { root, runId: "r", executors });
    // Each answer of the server counts 17 tokens.
    expect(result.reason).toMatch(/BUDGET_EXCEEDED: 34 of the 30 tokens/);
    expect(server?.requests).toHaveLength(2);
  });
});

describe("what a tool says", () => {
  it("is kept without the values of secrets", async () => {
    process.env.TEST_API_TOKEN = "s3cret-value";
    try {
      const leak = tool("look", { execute: async () => ({ found: 'a "s3cret-value" b' }) });
      const { executors } = await stage([use("look", {}), answer({ v: 1 })], [leak]);
      await run(flow({ tools: ["look"] }), { root, runId: "r", executors });
    } finally {
      delete process.env.TEST_API_TOKEN;
    }
    expect(JSON.stringify(await journal())).not.toContain("s3cret-value");
    expect(JSON.stringify(messagesOf(1))).toContain("(env.TEST_API_TOKEN)");
  });
});

describe("a scripted agent", () => {
  it("calls tools for real, and a script agrees in people's place", async () => {
    const script = parseScript({
      answers: [
        {
          node: "ask",
          tools: [
            { name: "write", input: { path: "a.txt", content: "one" } },
            { name: "bash", input: { cmd: "cat a.txt" } },
            { name: "read", input: { path: "../a.txt" } },
          ],
          replies: [{ v: "no number" }, { v: 3 }],
        },
      ],
      approvals: [
        { node: "ask", tool: "write", approved: true },
        { node: "ask", tool: "bash", approved: false, note: "no shell" },
      ],
    });
    const plan = flow({ tools: ["read", "write", "bash"], approval: { write: "always", bash: "always" } });
    const result = await run(plan, { root, runId: "r", script });
    expect(result).toMatchObject({
      status: "finished",
      outputs: { row: [{ v: 3 }] },
      totals: { toolCalls: 3 },
    });
    const ended = (await journal()).filter(({ type }) => type === "tool.finished").map(({ data }) => data);
    expect(ended).toMatchObject([
      { nodeId: "ask", name: "write", ok: true, output: "ok" },
      { name: "bash", ok: false, output: "Denied by script: no shell. It was not run." },
      { name: "read", ok: false, output: '"../a.txt" is outside of the project' },
    ]);
    expect(await replay("r", { root })).toMatchObject({ identical: true });
  });
});
