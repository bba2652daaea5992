/** Budgets over the tasks inside an `aspects` (SEMANTICS 42). */
import { describe, expect, it } from "vitest";
import type { Plan } from "../plan/types.ts";
import { Bench, executorsOf } from "../test/engine.ts";
import { planOf, type TestNode } from "../test/plans.ts";
import type { AttemptResult } from "./executors/executor.ts";
import { type Prices, run } from "./index.ts";
import type { World } from "./interpreter/world.ts";
import { recorded, upTo } from "./replay/index.ts";
import { Replayer } from "./replay/replay.ts";
import { reasonsOf } from "./replay/why.ts";
import { MemorySpace, memoryReader, memoryStore } from "./store/index.ts";

const agent = (more: object = {}): TestNode =>
  ({ kind: "task", parent: "box", agent: "a", prompt: "go", output: "row", ...more }) as TestNode;
const box = (more: object): TestNode => ({ kind: "aspects", ...more }) as TestNode;
const benchOf = (nodes: { readonly [key: string]: TestNode }): Bench =>
  new Bench(
    planOf(nodes, {
      schemas: { row: "z.object({ v: z.number() })" },
      agents: { a: { kind: "x", model: "m", options: { maxTokens: 50 } } },
    }),
  );

/** Calls that use 60 tokens and 10 cents each, and how many run at once. */
function calls(
  result: (nodeId: string) => AttemptResult = () => ({ ok: true, raw: { v: 1 }, value: { v: 1 } }),
) {
  const made: string[] = [];
  let atOnce = 0;
  let most = 0;
  const executors = executorsOf(async (_, { address }) => {
    made.push(address.nodeId);
    most = Math.max(most, ++atOnce);
    await new Promise((resolve) => setTimeout(resolve, 2));
    atOnce--;
    return {
      ...result(address.nodeId),
      usage: { inputTokens: 40, outputTokens: 20, calls: 1, costUsd: 0.1 },
    };
  });
  return { made, executors, most: () => most };
}

describe("a budget of tokens", () => {
  const nodes = (tokenBudget: object) => ({
    box: box({ tokenBudget }),
    one: agent(),
    two: agent(),
    three: agent(),
    after: agent({ parent: "w" }),
  });

  it("refuses the call after it is used up, which fails that task", async () => {
    const bench = benchOf(nodes({ max: 100 }));
    const { made, executors } = calls();
    expect(await bench.run({ executors })).toMatchObject({
      status: "failed",
      reason: "three failed: BUDGET_EXCEEDED: 120 of 100 tokens of box are used: no more calls are made",
    });
    expect(made).toEqual(["one", "two"]);
    expect(bench.events.find(({ type }) => type === "budget.exceeded")?.data).toMatchObject({
      used: 120,
      max: 100,
    });
    // What was used stays used.
    expect((await bench.resume({ executors })).status).toBe("failed");
    expect(made).toEqual(["one", "two"]);
  });

  it("leaves out the rest, or only warns, where told so", async () => {
    const skipping = calls();
    const skipped = benchOf(nodes({ max: 100, onExceeded: "skip-remaining" }));
    expect((await skipped.run({ executors: skipping.executors })).status).toBe("finished");
    expect(skipping.made).toEqual(["one", "two", "after"]);
    const warning = calls();
    const warned = benchOf(nodes({ max: 100, onExceeded: "warn" }));
    expect((await warned.run({ executors: warning.executors })).status).toBe("finished");
    expect(warning.made).toHaveLength(4);
    expect(warned.nodes("budget.exceeded")).toHaveLength(1);
  });

  it("is reserved before calls side by side begin, so that they don't use it up together", async () => {
    const four = Object.fromEntries(["p", "q", "r", "s"].map((id) => [id, agent({ parent: "side" })]));
    const tight = benchOf({
      box: box({ tokenBudget: { max: 100 } }),
      side: { kind: "parallel", parent: "box" },
      ...four,
    });
    const { made, executors, most } = calls();
    expect((await tight.run({ executors })).status).toBe("failed");
    // Two may use 51 tokens each: the second begins beside the first, the third only when there is room.
    expect(most()).toBe(2);
    expect(made).toEqual(["p", "q"]);
  });

  it("counts attempts that failed, and tries nothing again once it is used up", async () => {
    const bench = benchOf({ box: box({ tokenBudget: { max: 100 } }), one: agent({ retries: 5 }) });
    const { made, executors } = calls(() => ({
      ok: false,
      error: { code: "PROVIDER", message: "overloaded", retryable: true },
    }));
    expect((await bench.run({ executors })).reason).toBe("one failed: PROVIDER: overloaded");
    expect(made).toEqual(["one", "one"]);
  });

  it("of an outer box counts what inner ones use", async () => {
    const bench = benchOf({
      outer: box({ tokenBudget: { max: 100 } }),
      box: box({ parent: "outer", tokenBudget: { max: 1_000 } }),
      one: agent(),
      two: agent(),
      three: agent(),
    });
    const { made, executors } = calls();
    expect((await bench.run({ executors })).reason).toContain("100 tokens of outer");
    expect(made).toEqual(["one", "two"]);
  });

  it("is caught as any failure", async () => {
    const bench = benchOf({
      t: { kind: "try" },
      "t/try": { kind: "sequence", parent: "t", role: "try" },
      box: box({ parent: "t/try", tokenBudget: { max: 10 } }),
      one: agent(),
      two: agent(),
      "t/catch": { kind: "sequence", parent: "t", role: "catch" },
      rest: { kind: "task", parent: "t/catch", output: "row", payload: { v: 5 } } as TestNode,
    });
    expect((await bench.run(calls())).status).toBe("finished");
  });
});

describe("a budget of cost", () => {
  const nodes = (costBudget: object) => ({
    box: box({ costBudget }),
    one: agent(),
    two: agent(),
    three: agent(),
    four: agent(),
    after: agent({ parent: "w" }),
  });

  it("refuses the call after it is used up, by the sum as it is written", async () => {
    const bench = benchOf(nodes({ maxUsd: 0.3 }));
    const { made, executors } = calls();
    expect(await bench.run({ executors })).toMatchObject({
      status: "failed",
      reason: "four failed: BUDGET_EXCEEDED: $0.30 of $0.30 of box are used: no more calls are made",
    });
    expect(made).toEqual(["one", "two", "three"]);
    const exceeded = bench.events.find(({ type }) => type === "budget.exceeded")?.data;
    expect(exceeded).toEqual({ node: "box", measure: "usd", max: 0.3, used: 0.3, onExceeded: "fail" });
    // What was used stays used, whatever the models cost by now.
    expect((await bench.resume({ executors, prices: { m: { input: 0, output: 0 } } })).status).toBe("failed");
    expect(made).toEqual(["one", "two", "three"]);
  });

  it("leaves out the rest, or only warns, where told so", async () => {
    const skipping = calls();
    const skipped = benchOf(nodes({ maxUsd: 0.15, onExceeded: "skip-remaining" }));
    expect((await skipped.run({ executors: skipping.executors })).status).toBe("finished");
    expect(skipping.made).toEqual(["one", "two", "after"]);
    const warning = calls();
    const warned = benchOf(nodes({ maxUsd: 0.15, onExceeded: "warn" }));
    expect((await warned.run({ executors: warning.executors })).status).toBe("finished");
    expect(warning.made).toHaveLength(5);
    expect(warned.nodes("budget.exceeded")).toHaveLength(1);
  });

  const side = (budget: object) => ({
    box: box(budget),
    side: { kind: "parallel", parent: "box" } as TestNode,
    ...Object.fromEntries(["p", "q", "r", "s"].map((id) => [id, agent({ parent: "side" })])),
  });
  /** Of a call: one token of prompt, at most 50 of answer, so $0.0501. */
  const prices = { m: { input: 100, output: 1_000 } };

  it("is reserved before calls side by side begin, at the price of what they may use", async () => {
    const tight = benchOf(side({ costBudget: { maxUsd: 0.1 } }));
    const { made, executors, most } = calls();
    expect((await tight.run({ executors, prices })).status).toBe("failed");
    expect(most()).toBe(2);
    expect(made).toEqual(["p", "q"]);
    // Dearer ones begin one after another, as the price of the run that goes on says.
    const dear = benchOf(side({ costBudget: { maxUsd: 0.1 } }));
    const one = calls();
    await dear.run({ executors: one.executors, prices: { m: { input: 100, output: 2_000 } } });
    expect([one.made, one.most()]).toEqual([["p"], 1]);
  });

  it("reserves at the dearest price where the tokens of a task are bounded", async () => {
    const tokenBudget = { max: 1_000_000, perTask: 200 };
    const { executors, most } = calls();
    const bounded = benchOf(side({ costBudget: { maxUsd: 0.35 }, tokenBudget }));
    await bounded.run({ executors, prices });
    expect(most()).toBe(2);
  });

  it("that has no room is why a node does not start", async () => {
    const bench = benchOf(side({ costBudget: { maxUsd: 0.1 } }));
    await bench.run({ executors: calls().executors, prices });
    const { plan, recording, run: record } = await recorded(memoryReader(bench.space), bench.plan);
    const world = (await upTo(new Replayer(plan, recording, record), 0)) as World;
    const known = { plan, world, journal: recording.journal, runId: "r", attended: true };
    expect(reasonsOf(known, "r")[0]?.because).toEqual([
      "it is ready; calls under way may use up what is left of the budget of box",
    ]);
  });
});

describe("what a budget of cost asks for", () => {
  const refused = (plan: Plan, prices: Prices, message: string | null) => {
    const space = new MemorySpace();
    const started = run(plan, { root: "/nowhere", store: memoryStore(space), prices });
    return message === null ? started : expect(started).rejects.toThrow(message);
  };
  const claude = (model: string) => ({ kind: "anthropic", model, options: {} });
  const parts = {
    schemas: { row: "z.object({ v: z.number() })" },
    agents: { a: claude("small"), b: claude("big"), c: { kind: "module", module: "m", options: {} } },
  } as never;
  const small = { small: { input: 1, output: 2 } };
  const add = 'Add it to smithers.json, in US dollars for a million tokens: "prices": { "big"';

  it("is a price of each agent inside, and of no other", async () => {
    const limits = box({ costBudget: { maxUsd: 1 } });
    const other = agent({ parent: "w", agent: "b" });
    const inside = planOf({ box: limits, one: agent({ agent: ["a", "b"] }) }, parts);
    await refused(inside, small, `a budget of cost (costBudget) can't be kept: agent b calls big`);
    await refused(inside, small, add);
    const code = planOf({ box: limits, one: agent({ agent: "c" }) }, parts);
    await refused(code, small, "agent c is code of the workflow's own and does not report what it uses");
    // Nobody has a key here: what is started fails.
    const outside = planOf({ box: limits, one: agent({ retries: 0 }), other }, parts);
    expect(await refused(outside, small, null)).toMatchObject({ status: "failed" });
    // Which agent an expression gives is known when it is evaluated.
    const found = { $: "ctx.iteration > 3 ? agent('c') : agent('a')" };
    const any = planOf({ box: limits, one: agent({ agent: found }) }, parts);
    await refused(any, { ...small, big: { input: 1, output: 2 } }, "agent c is code of the workflow's own");
  });

  it("is a price of each agent in the workflows inside, and of budgets in workflows outside", async () => {
    const child = planOf(
      { one: agent({ parent: "w", agent: "b" }) },
      { ...(parts as object), agents: { b: claude("big") } as never },
    );
    const held = (parent: string) =>
      ({ kind: "subflow", parent, workflow: "child", result: "row", output: "row" }) as TestNode;
    const limits = box({ costBudget: { maxUsd: 1 } });
    const within = planOf({ box: limits, it: held("box") }, { subflows: { child } });
    await refused(within, small, "agent b of the workflow child calls big");
    const own = planOf(
      { box: limits, one: agent({ agent: "b" }) },
      { ...(parts as object), agents: { b: claude("big") } as never },
    );
    const outside = planOf({ it: held("w") }, { subflows: { child: own } });
    await refused(outside, small, "agent b of the workflow child calls big");
  });
});

describe("a limit of time", () => {
  it("is that of all attempts together", async () => {
    const bench = benchOf({ box: box({ latencySlo: { maxMs: 100 } }), one: agent(), two: agent() });
    const executors = executorsOf(() => {
      bench.clock.pass(150);
      return { ok: true, raw: { v: 1 }, value: { v: 1 } };
    });
    expect((await bench.run({ executors })).reason).toContain("150 of 100 milliseconds of box are used");
  });
});
