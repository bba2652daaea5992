/** Budgets over the tasks inside an `aspects` (SEMANTICS 42). */
import { describe, expect, it } from "vitest";
import { Bench, executorsOf } from "../test/engine.ts";
import { planOf, type TestNode } from "../test/plans.ts";
import type { AttemptResult } from "./executors/executor.ts";

const agent = (more: object = {}): TestNode =>
  ({ kind: "task", parent: "box", agent: "a", prompt: "go", output: "row", ...more }) as TestNode;
const box = (more: object): TestNode => ({ kind: "aspects", ...more }) as TestNode;
const benchOf = (nodes: { readonly [key: string]: TestNode }): Bench =>
  new Bench(
    planOf(nodes, {
      schemas: { row: "z.object({ v: z.number() })" },
      agents: { a: { kind: "x", options: { maxTokens: 50 } } },
    }),
  );

/** Calls that use 60 tokens each, and how many run at once. */
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
    return { ...result(address.nodeId), usage: { inputTokens: 40, outputTokens: 20, calls: 1 } };
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
