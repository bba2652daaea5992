/** Stop conditions: how far a run goes until a person says that it may go further. */
import { describe, expect, it } from "vitest";
import type { Plan } from "../plan/types.ts";
import { Bench, executorsOf } from "../test/engine.ts";
import { computed, planOf, type TestNode, value } from "../test/plans.ts";
import { type RunOptions, run, type StopLimits } from "./index.ts";
import { MemorySpace, memoryReader, memoryStore } from "./store/index.ts";

const schemas = { row: "z.object({ v: z.number() })" };
const agents = { a: { kind: "x", options: {} } } as const;
const agent = (more: object = {}): TestNode =>
  ({ kind: "task", agent: "a", prompt: "go", output: "row", ...more }) as TestNode;

/** Calls of agents that use 60 tokens and 2 tools each. */
function calls() {
  const made: string[] = [];
  const executors = executorsOf(async (_, { address }) => {
    made.push(address.nodeId);
    const usage = { inputTokens: 40, outputTokens: 20, calls: 1, toolCalls: 2 };
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
    const result = await bench.run({ executors, stopAt: { tokens: 180, toolCalls: 6 } });
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

describe("limits that can't be kept", () => {
  it.each([
    [{ frames: 0 }, "stopAt.frames: 0 is no whole number above 0"],
    [{ tokens: 1.5 }, "stopAt.tokens: 1.5 is no whole number above 0"],
    [
      { cost: 3 },
      "stopAt.cost: there is no such limit; there are frames, wallClockMs, tokens, toolCalls, iterations",
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
});
