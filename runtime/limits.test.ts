/** Stop conditions: how far a run goes until a person says that it may go further. */
import { describe, expect, it } from "vitest";
import type { Plan } from "../plan/types.ts";
import { Bench, executorsOf } from "../test/engine.ts";
import { computed, planOf, type TestNode, value } from "../test/plans.ts";
import { Travelled } from "../test/travel.ts";
import { parseScript, type RunOptions, resume, run, type StopLimits } from "./index.ts";
import { MemorySpace, memoryReader, memoryStore } from "./store/index.ts";
import type { Store } from "./store/store.ts";
import { costOf, priceOf } from "./usage/prices.ts";

const schemas = { row: "z.object({ v: z.number() })" };
const agents = { a: { kind: "x", options: {} } } as const;
const agent = (more: object = {}): TestNode =>
  ({ kind: "task", agent: "a", prompt: "go", output: "row", ...more }) as TestNode;

/** Calls of agents that use 60 tokens, 10 cents and 2 tools each. */
function calls() {
  const made: string[] = [];
  const executors = executorsOf(async (_, { address }) => {
    made.push(address.nodeId);
    const usage = { inputTokens: 40, outputTokens: 20, calls: 1, toolCalls: 2, costUsd: 0.1 };
    return { ok: true, raw: { v: 1 }, value: { v: 1 }, usage };
  });
  return { made, executors };
}

const three = () => new Bench(planOf({ one: agent(), two: agent(), three: agent() }, { schemas, agents }));

/** What a run said when it stopped. */
const stopping = ({ events }: Bench) =>
  events.filter(({ type }) => type === "run.stopping").map(({ data }) => data);

describe("a run with a limit", () => {
  it.each<[StopLimits, string]>([
    [{ tokens: 100 }, "it has used 120 tokens of at most 100 (tokens, --max-tokens)"],
    [{ costUsd: 0.15 }, "it has cost $0.20 of at most $0.15 (costUsd, --max-cost)"],
    [{ toolCalls: 3 }, "its agents have made 4 tool calls of at most 3 (toolCalls, --max-tool-calls)"],
    [{ frames: 2 }, "it has made 2 frames of at most 2 (frames, --max-frames)"],
  ])("%j is paused with the figure, and goes on with a higher one", async (stopAt, reason) => {
    const bench = three();
    const { made, executors } = calls();
    expect(await bench.run({ executors, stopAt })).toMatchObject({
      status: "paused",
      reason: `${reason}; it can be resumed with a higher limit`,
    });
    expect(made.length).toBeLessThan(3);
    expect(stopping(bench)).toEqual([{ runId: "r", stop: "pause", by: "a limit", reason }]);
    const higher = Object.fromEntries(Object.keys(stopAt).map((limit) => [limit, 1_000]));
    expect((await bench.resume({ executors, stopAt: higher })).status).toBe("finished");
    expect(made).toEqual(["one", "two", "three"]);
  });

  it("keeps it when it is resumed without one, over all that it used before", async () => {
    const bench = three();
    const { made, executors } = calls();
    await bench.run({ executors, stopAt: { tokens: 100 } });
    expect(await bench.resume({ executors })).toMatchObject({ status: "paused" });
    expect(made).toEqual(["one", "two"]);
    expect(await bench.resume({ executors, stopAt: { tokens: 150 } })).toMatchObject({
      status: "finished",
    });
  });

  it("of dollars is reached by the sum as it is written, and not by what binary fractions make of it", async () => {
    const four = { one: agent(), two: agent(), three: agent(), four: agent() };
    const bench = new Bench(planOf(four, { schemas, agents }));
    const { made, executors } = calls();
    const { reason, totals } = await bench.run({ executors, stopAt: { costUsd: 0.3 } });
    expect(reason).toContain("it has cost $0.30 of at most $0.30");
    expect(made).toEqual(["one", "two", "three"]);
    expect(totals).toMatchObject({ costUsd: 0.3, pricedCalls: 3 });
  });

  it("lets what is under way end, and starts nothing new", async () => {
    const plan = planOf(
      {
        fan: { kind: "parallel" },
        one: agent({ parent: "fan" }),
        two: agent({ parent: "fan" }),
        after: agent(),
      },
      { schemas, agents },
    );
    const bench = new Bench(plan);
    const { made, executors } = calls();
    const { status, outputs } = await bench.run({ executors, stopAt: { tokens: 1 } });
    expect(status).toBe("paused");
    expect(outputs.row).toHaveLength(2);
    expect(made).toEqual(["one", "two"]);
  });

  it("that its last task reaches has finished", async () => {
    const bench = three();
    const { executors } = calls();
    const result = await bench.run({ executors, stopAt: { tokens: 180, toolCalls: 6, costUsd: 0.3 } });
    expect(result.status).toBe("finished");
  });
});

describe("a limit of iterations", () => {
  const plan = () =>
    planOf(
      {
        outer: { kind: "loop", until: "ctx.outputs.row.length >= 12", maxIterations: 20 } as TestNode,
        inner: { kind: "loop", parent: "outer", maxIterations: 2 } as TestNode,
        work: computed("ctx.outputs.row.length", { parent: "inner" }),
      },
      { schemas },
    );

  it("counts those of all loops, and lets the last one end", async () => {
    const bench = new Bench(plan());
    // Outer 1, inner 1 and 2, outer 2, inner 1.
    const { status, reason, outputs } = await bench.run({ stopAt: { iterations: 5 } });
    expect(status).toBe("paused");
    expect(reason).toContain("its loops have made 5 iterations of at most 5");
    expect(outputs.row).toHaveLength(3);
    const further = await bench.resume({ stopAt: { iterations: 8 } });
    expect(further.status).toBe("paused");
    expect(further.outputs.row).toHaveLength(5);
    const whole = await bench.resume({ stopAt: { iterations: 100 } });
    expect(whole.status).toBe("finished");
    expect(whole.outputs.row).toHaveLength(12);
  });
});

describe("a limit of wall clock", () => {
  it("ends a wait that is longer", async () => {
    const wait = { kind: "timer", duration: "60s" } as TestNode;
    const bench = new Bench(planOf({ one: value(1), wait, two: value(2) }, { schemas }));
    bench.clock.jumps = 1;
    const { status, reason } = await bench.run({ stopAt: { wallClockMs: 10_000 } });
    expect(status).toBe("paused");
    expect(reason).toContain("it began 10,000 ms ago and may take 10,000 ms");
  });

  it("counts from the start of the run, also while no process attended to it", async () => {
    const plan = planOf({ one: agent(), two: agent(), three: agent() }, { schemas, agents });
    const bench = new Bench(plan, () => {
      bench.clock.pass(6_000);
      return { ok: true, raw: { v: 1 }, value: { v: 1 } };
    });
    bench.clock.frozen = true;
    const first = await bench.run({ stopAt: { wallClockMs: 10_000 } });
    expect(first.reason).toContain("it began 12,000 ms ago and may take 10,000 ms");
    expect(first.outputs.row).toHaveLength(2);
    bench.clock.pass(30_000);
    const second = await bench.resume({ stopAt: { wallClockMs: 20_000 } });
    expect(second.reason).toContain("it began 42,000 ms ago and may take 20,000 ms");
    expect(second.outputs.row).toHaveLength(2);
    expect((await bench.resume({ stopAt: { wallClockMs: 60_000 } })).status).toBe("finished");
  });
});

describe("a run that begins with the state of one with a limit", () => {
  const stopAt = { tokens: 100 };
  const begun: readonly [string, (bench: Bench) => Promise<Travelled>][] = [
    ["a retried one", ({ space, plan }) => Travelled.retry(space, plan, "one")],
    ["a fork", ({ space, plan }) => Travelled.fork(space, plan, 1)],
    [
      "one that is retried twice before anybody takes it up",
      async ({ space, plan }) =>
        Travelled.retry((await Travelled.retry(space, plan, "one")).space, plan, "two"),
    ],
  ];

  it.each(begun)("%s keeps it", async (_, begin) => {
    const bench = three();
    const { made, executors } = calls();
    await bench.run({ executors, stopAt });
    const next = await begin(bench);
    made.length = 0;
    const { status, reason } = await next.resume(undefined, { executors });
    expect(status).toBe("paused");
    expect(reason).toContain("of at most 100 (tokens, --max-tokens)");
    const further = await next.resume(undefined, { executors, stopAt: { tokens: 1_000 } });
    expect(further.status).toBe("finished");
  });

  it.each(begun)("%s keeps the one of the start, whatever one process was given later", async (_, begin) => {
    const bench = three();
    const { executors } = calls();
    await bench.run({ executors, stopAt });
    const next = await begin(bench);
    await next.resume(undefined, { executors, stopAt: { tokens: 110 } });
    const { reason } = await next.resume(undefined, { executors });
    expect(reason).toContain("of at most 100");
  });

  it("has those it is taken up with for the first time where there were none", async () => {
    const bench = three();
    const { executors } = calls();
    await bench.run({ executors });
    const next = await Travelled.retry(bench.space, bench.plan, "one");
    expect(await next.resume(undefined, { executors, stopAt })).toMatchObject({ status: "paused" });
    expect(await next.resume(undefined, { executors })).toMatchObject({ status: "paused" });
  });

  it("keeps it where it takes the place of the other one, though the process died before it took it up", async () => {
    const first = "!ctx.input.__smithersContinuation";
    const plan = planOf(
      {
        one: agent(),
        more: { kind: "continue-as-new", if: first, state: {} },
        two: agent(),
        three: agent(),
      },
      { schemas, agents },
    );
    const { made, executors } = calls();
    const [old, next] = [new MemorySpace(), new MemorySpace()];
    const died = (): Store => {
      const store = memoryStore(next);
      const { commit } = store;
      let left = 1;
      store.commit = async (given) => {
        if (left-- === 0) throw new Error("died");
        await commit.call(store, given);
      };
      return store;
    };
    const common = { root: "/nowhere", executors };
    const store = memoryStore(old);
    const given = { ...common, runId: "r", store, storeOf: died, stopAt: { tokens: 100 } };
    await expect(run(plan, given)).rejects.toThrow("died");
    made.length = 0;
    const result = await resume("r.2", { ...common, plan, store: memoryStore(next) });
    expect(result).toMatchObject({ runId: "r.2", status: "paused" });
    expect(made).toEqual(["one", "two"]);
  });
});

describe("limits that can't be kept", () => {
  it.each([
    [{ frames: 0 }, "stopAt.frames: 0 is no whole number above 0"],
    [{ costUsd: 0 }, "stopAt.costUsd: 0 is no number of US dollars above 0"],
    [{ costUsd: Number.NaN }, "stopAt.costUsd: null is no number of US dollars above 0"],
    [{ tokens: 1.5 }, "stopAt.tokens: 1.5 is no whole number above 0"],
    [
      { cost: 3 },
      "stopAt.cost: there is no such limit; there are frames, wallClockMs, tokens, costUsd, toolCalls, iterations",
    ],
  ] as [StopLimits, string][])("%j: %s", async (stopAt, message) => {
    await expect(three().run({ stopAt })).rejects.toThrow(message);
  });

  const refused = async (plan: Plan, options: Partial<RunOptions>, message: string): Promise<void> => {
    const space = new MemorySpace();
    const started = run(plan, { root: "/nowhere", store: memoryStore(space), ...options });
    await expect(started).rejects.toThrow(message);
    expect((await memoryReader(space).journal()).run).toBeNull();
  };
  const silent = { own: { kind: "module", module: "m", options: {} } } as const;
  const child = (of: Partial<Plan["agents"]>): Plan =>
    planOf(
      { review: { kind: "subflow", workflow: "child", result: "row", output: "row" } as TestNode },
      { schemas, subflows: { child: planOf({ one: agent() }, { schemas, agents: of as Plan["agents"] }) } },
    );

  it("of tokens, where an agent does not report them, are refused before anything starts", async () => {
    const plan = planOf({ one: agent() }, { schemas, agents: silent });
    await refused(plan, { stopAt: { tokens: 5 } }, "a limit of tokens can't be kept: agent own is code");
    const own = "a limit of tool calls can't be kept: agent own of the workflow child is code";
    await refused(child(silent), { stopAt: { toolCalls: 5 } }, own);
  });

  describe("of cost", () => {
    const stopAt = { costUsd: 5 };
    const price = { input: 3, output: 15 };
    const claude = (model?: unknown) => ({
      kind: "anthropic",
      options: {},
      ...(model !== undefined && { model }),
    });

    it("are refused where models have no price, with what is to be added", async () => {
      const plan = planOf(
        { one: agent({ agent: ["first", "second", "third"] }) },
        { schemas, agents: { first: claude("big"), second: claude("small"), third: claude() } as never },
      );
      await refused(
        plan,
        { stopAt, prices: { big: price } },
        "a limit of cost can't be kept: agent second calls small, agent third calls claude-sonnet-4-5, and nothing says " +
          "what that costs. Add it to smithers.json, in US dollars for a million tokens: " +
          '"prices": { "small": { "input": …, "output": … }, "claude-sonnet-4-5": { "input": …, "output": … } }',
      );
    });

    it("are refused for agents of child runs, and for the model that this host gives", async () => {
      const within = child({ a: claude("small") } as never);
      await refused(within, { stopAt }, "agent a of the workflow child calls small");
      const model = { $: "host('env.MODEL') ?? 'big'" };
      const byHost = planOf(
        { one: agent() },
        {
          schemas,
          agents: { a: claude(model) } as never,
          capabilities: { net: [], env: ["MODEL"], exec: [], fs: [], host: [] },
        },
      );
      const host = (name: string) => (name === "env.MODEL" ? "small" : undefined);
      await refused(byHost, { stopAt, prices: { big: price }, host }, "agent a calls small");
      const other = () => undefined;
      await refused(byHost, { stopAt, prices: { small: price }, host: other }, "agent a calls big");
    });

    it("are refused where an agent is code, or names no model", async () => {
      await refused(
        planOf({ one: agent() }, { schemas, agents: silent }),
        { stopAt },
        "a limit of cost can't be kept: agent own is code of the workflow's own and does not report what it uses. Limit",
      );
      const nameless = { a: { kind: "x", options: {} } };
      const plan = planOf({ one: agent() }, { schemas, agents: nameless });
      await refused(plan, { stopAt }, "agent a names no model that a price could be for");
    });

    it("are no reason to refuse what a script answers", async () => {
      const space = new MemorySpace();
      const usage = { inputTokens: 1_000, outputTokens: 100 };
      const script = parseScript({
        answers: [
          { node: "one", reply: { v: 1 }, usage },
          { node: "two", reply: { v: 2 }, usage: { ...usage, costUsd: 4 } },
          { node: "three", reply: { v: 3 }, usage },
          { node: "four", reply: { v: 4 } },
        ],
      });
      const plan = planOf(
        { one: agent(), two: agent(), three: agent({ agent: "b" }), four: agent() },
        { schemas, agents: { a: claude("big"), b: claude("small") } as never },
      );
      const result = await run(plan, {
        root: "/nowhere",
        store: memoryStore(space),
        script,
        stopAt: { costUsd: 4 },
        prices: { big: price },
      });
      expect(result.reason).toContain("it has cost $4.0045 of at most $4.00");
      expect(result.outputs.row).toHaveLength(2);
      expect(result.totals).toMatchObject({ calls: 2, costUsd: 4.0045, pricedCalls: 2 });
    });
  });

  it("are no reason to refuse that a run is ended", async () => {
    const box = { kind: "aspects", costBudget: { maxUsd: 1 } } as TestNode;
    const ask = { kind: "approval", output: "ok", request: { title: "Ship?" } } as TestNode;
    const plan = planOf({ ask, box, one: agent({ parent: "box" }) }, { schemas, agents });
    const bench = new Bench(plan);
    expect((await bench.run({ stopAt: { costUsd: 1 } })).status).toBe("waiting");
    const store = memoryStore(bench.space);
    const options = { root: "/nowhere", plan, store };
    await expect(resume("r", options)).rejects.toThrow("agent a names no model");
    const stop = { stop: "cancel", by: "ann", at: 1 } as const;
    expect((await resume("r", { ...options, stop })).status).toBe("cancelled");
    await store.close();
  });

  it("with prices that are none are refused as well", async () => {
    const plan = planOf({ one: agent() }, { schemas, agents });
    const prices = { big: { input: -3, output: 15 } };
    await refused(plan, { prices }, 'prices["big"].input: -3 is no number of US dollars from 0 up');
  });
});

describe("prices", () => {
  /** Tokens at the price of the model `m`, as agents of the library count them. */
  const priced = () =>
    executorsOf((_, { prices }) => {
      const used = { inputTokens: 1_000, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, calls: 1 };
      const usage = { ...used, ...costOf(priceOf(prices, "m"), used) };
      return { ok: true, raw: { v: 1 }, value: { v: 1 }, usage };
    });
  const at = (input: number) => ({ m: { input, output: 0 } });

  it("that change while a run is paused count from then on, and leave what was spent", async () => {
    const bench = three();
    const executors = priced();
    const first = await bench.run({ executors, prices: at(100), stopAt: { costUsd: 0.05 } });
    expect(first).toMatchObject({ status: "paused", totals: { costUsd: 0.1, pricedCalls: 1 } });
    const second = await bench.resume({ executors, prices: at(200), stopAt: { costUsd: 0.2 } });
    expect(second).toMatchObject({ status: "paused", totals: { costUsd: 0.3, pricedCalls: 2 } });
    // Without any it goes on with those it began with.
    const third = await bench.resume({ executors, stopAt: { costUsd: 1 } });
    expect(third).toMatchObject({ status: "finished", totals: { costUsd: 0.4, pricedCalls: 3 } });
  });

  it("that a run began with hold where it is retried or forked as well", async () => {
    const bench = three();
    const executors = priced();
    await bench.run({ executors, prices: at(100) });
    const retried = await Travelled.retry(bench.space, bench.plan, "one");
    const forked = await Travelled.fork(bench.space, bench.plan, 1);
    for (const next of [retried, forked]) {
      const { totals } = await next.resume(undefined, { executors });
      expect(totals.pricedCalls).toBe(totals.calls);
    }
  });

  it("are in the journal; a run without any has nothing new in it", async () => {
    const bench = three();
    await bench.run({ executors: priced(), prices: at(100) });
    expect(bench.events[0]?.data.prices).toEqual(at(100));
    const without = three();
    const { totals } = await without.run({ executors: priced() });
    expect(without.events[0]?.data).not.toHaveProperty("prices");
    expect(totals).not.toHaveProperty("costUsd");
    expect(totals).not.toHaveProperty("pricedCalls");
  });
});
