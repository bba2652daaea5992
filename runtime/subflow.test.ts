/** Workflows that run as runs of their own: begun, failed, waited for, left and gone on with by the node that holds them. */
import { describe, expect, it } from "vitest";
import type { Plan } from "../plan/types.ts";
import { Bench, decideOn, done, executorsOf, failed, VirtualClock } from "../test/engine.ts";
import { planOf, type TestNode, value } from "../test/plans.ts";
import { systemClock } from "./interpreter/clock.ts";
import { replayJournal } from "./replay/index.ts";
import { resume, run } from "./run.ts";
import { MemorySpace, memoryReader, memoryStore } from "./store/index.ts";
import type { Store } from "./store/store.ts";
import { costOf, priceOf } from "./usage/prices.ts";
import { usedBy } from "./usage/totals.ts";

const task = (more: Partial<TestNode> = {}): TestNode =>
  ({ kind: "task", output: "row", agent: "a", prompt: "go", retries: 0, ...more }) as TestNode;
const held = (more: Partial<TestNode> = {}): TestNode =>
  ({ kind: "subflow", workflow: "child", result: "output", output: "row", ...more }) as TestNode;

const child = planOf({
  work: task({ prompt: { $: "`about ${ctx.input.topic}`" } }),
  sum: value(0, { output: "output", payload: { $: "({ said: ctx.output('row', { nodeId: 'work' }).v })" } }),
});

const asking = planOf({
  before: task(),
  ok: { kind: "approval", output: "decision", request: { title: "Ship?" } } as TestNode,
  after: task({ output: "output" }),
});

const parentOf = (nodes: { readonly [key: string]: TestNode }, subflow: Plan = child): Plan =>
  planOf(nodes, { subflows: { child: subflow } });

const approve = (nodeId: string) => decideOn(nodeId, true);

/** What a resume is given at its begin, said to a run that is under way. */
const later = ({ stop, requests }: Parameters<Bench["resume"]>[0] = {}) => ({
  requests: ((take: (request: never, done: () => void) => void) => {
    const timer = setTimeout(() => (stop ? take(stop as never, () => {}) : requests?.(take as never)), 60);
    return () => clearTimeout(timer);
  }) as never,
});

describe("a workflow as a run of its own", () => {
  it("is given its input, and gives its row to the node", async () => {
    const prompts: string[] = [];
    const bench = new Bench(
      parentOf({
        topic: value("rain"),
        review: held({ input: { $: "({ topic: ctx.output('row', { nodeId: 'topic' }).v })" } }),
        after: value(0, { payload: { $: "({ v: ctx.output('row', { nodeId: 'review' }).said })" } }),
      }),
      (request) => {
        if (request.kind === "agent") prompts.push(request.prompt);
        return {
          ...done({ v: "wet" }),
          usage: { inputTokens: 100, outputTokens: 20, calls: 1, toolCalls: 2 },
        };
      },
    );
    const result = await bench.run();
    expect(result.status).toBe("finished");
    expect(prompts).toEqual(["about rain"]);
    expect(result.outputs.row).toEqual([
      { v: "rain", nodeId: "topic", iteration: 0 },
      { said: "wet", nodeId: "review", iteration: 0 },
      { v: "wet", nodeId: "after", iteration: 0 },
    ]);
    expect(result.totals).toMatchObject({ tokens: { input: 100, output: 20 }, calls: 1, toolCalls: 2 });
    expect([...bench.nextSpaces.keys()]).toEqual(["r:review"]);
  });

  it("gives several rows as a list, and fails its node where there is none and one is wanted", async () => {
    const many = planOf({
      all: value(0, {
        output: "output",
        each: { of: "[1, 2]", as: "n", key: "n" },
        id: { $: "`all-${n}`" },
        payload: { $: "({ n })" },
      }),
    });
    const bench = new Bench(parentOf({ review: held() }, many));
    expect((await bench.run()).outputs.row).toMatchObject([{ value: [{ n: 1 }, { n: 2 }] }]);
    const none = planOf({ x: value(1) });
    const plan = planOf(
      { review: held() },
      { subflows: { child: none }, schemas: { row: "z.object({ n: z.number() })" } },
    );
    expect((await new Bench(plan).run()).reason).toBe(
      'review failed: OUTPUT_INVALID: run r:review finished without a row in its table "output", and one is wanted',
    );
  });

  it("runs beside others, in loops one for each iteration, and inside one another", async () => {
    const middle = parentOf({ inner: held({ output: "output", input: { topic: "deep" } }) });
    const bench = new Bench(
      parentOf(
        {
          p: { kind: "parallel" },
          loop: { kind: "loop", parent: "p", until: "ctx.iteration >= 2", maxIterations: 3 },
          each: held({ parent: "loop" }),
          other: held({ parent: "p" }),
        },
        middle,
      ),
      () => done({ v: 1 }),
    );
    expect((await bench.run()).status).toBe("finished");
    expect([...bench.nextSpaces.keys()].sort()).toEqual([
      "r:each",
      "r:each:inner",
      "r:each@1",
      "r:each@1:inner",
      "r:other",
      "r:other:inner",
    ]);
  });

  it("that fails, fails its node; retries and resumes go on with what it has done", async () => {
    const asked: string[] = [];
    let broken = 3;
    const two = planOf({ first: task(), second: task({ output: "output" }) });
    const bench = new Bench(parentOf({ review: held({ retries: 1 }) }, two), (_, { address }) => {
      asked.push(address.nodeId);
      return address.nodeId === "second" && broken-- > 0 ? failed("no", false) : done({ v: 1 });
    });
    const first = await bench.run();
    expect(first.reason).toContain(
      "review failed: CHILD_FAILED: run r:review is failed: second failed: PROVIDER: no",
    );
    expect(asked).toEqual(["first", "second", "second"]);
    expect((await bench.resume()).status).toBe("finished");
    expect(asked).toEqual(["first", "second", "second", "second", "second"]);
    // Whatever failed on the way was paid for.
    expect(bench.nodes("task.retrying")).toEqual(["review", "review"]);
  });

  it("that waits for people makes its run wait, says for what, and is gone on with", async () => {
    const asked: string[] = [];
    const bench = new Bench(parentOf({ review: held(), after: task() }, asking), (_, { address }) => {
      asked.push(address.nodeId);
      return done({ v: 1 });
    });
    const waiting = await bench.run();
    expect(waiting).toMatchObject({
      status: "waiting",
      reason: "waits for the run of review",
      waitingFor: [{ child: "review", nodeId: "ok", asks: "approval" }],
    });
    expect(asked).toEqual(["before"]);
    expect((await bench.resume()).status).toBe("waiting");
    // The decision is made in the child, by whoever resumes it.
    const store = memoryStore(bench.nextSpaces.get("r:review")!);
    const options = { root: "/nowhere", clock: bench.clock, executors: executorsOf(bench.work) };
    const half = await resume("r:review", { ...options, plan: asking, store, requests: approve("ok") });
    expect(half.status).toBe("finished");
    await store.close();
    // To take it up again is no retry.
    expect(await bench.resume()).toMatchObject({ status: "finished", totals: { attempts: 4, retries: 0 } });
    expect(asked).toEqual(["before", "after", "after"]);
  });

  it("takes what a script or a person says while its run goes on, and is left only when nothing else moves", async () => {
    const bench = new Bench(
      parentOf(
        { p: { kind: "parallel" }, review: held({ parent: "p" }), slow: task({ parent: "p" }) },
        asking,
      ),
      async (_, { address }) => {
        if (address.nodeId === "slow") await new Promise((resolve) => setTimeout(resolve, 60));
        return done({ v: 1 });
      },
    );
    const order: string[] = [];
    const onEvent = ({ type, data }: { type: string; data: { nodeId?: unknown } }) => {
      if (type === "task.finished" || type === "task.left") order.push(`${type} ${data.nodeId}`);
    };
    expect((await bench.run({ onEvent: onEvent as never })).status).toBe("waiting");
    expect(order).toEqual(["task.finished slow", "task.left review"]);
    const said = { decider: () => ({ approved: true, note: null, latencyMs: 20 }) };
    expect((await bench.resume(said)).status).toBe("finished");
  });

  it("is paused and cancelled with its run, and does what is done in every outcome", async () => {
    const open = planOf({
      t: { kind: "try" },
      main: { kind: "sequence", parent: "t", role: "try" },
      long: task({ parent: "main", output: "output" }),
      last: { kind: "sequence", parent: "t", role: "finally" },
      clean: task({ parent: "last" }),
      rest: task(),
    });
    for (const stop of ["pause", "cancel"] as const) {
      const asked: string[] = [];
      const bench = new Bench(parentOf({ review: held() }, open), async (_, { address, signal }) => {
        asked.push(address.nodeId);
        if (address.nodeId !== "long" || asked.length > 1) return done({ v: 1 });
        await new Promise((resolve) => {
          setTimeout(resolve, 60);
          signal.addEventListener("abort", resolve);
        });
        return signal.aborted
          ? { ok: false, error: { code: "CANCELLED", message: "x", retryable: false } }
          : done({ v: 1 });
      });
      const requests = (take: (request: never, done: () => void) => void) => {
        setTimeout(() => take({ stop, by: "p", at: 1 } as never, () => {}), 20);
        return () => {};
      };
      const result = await bench.run({ requests: requests as never });
      expect(result.status).toBe(stop === "pause" ? "paused" : "cancelled");
      expect(asked).toEqual(stop === "pause" ? ["long"] : ["long", "clean"]);
      const { run: inner } = await memoryReader(bench.nextSpaces.get("r:review")!).journal();
      expect(inner?.status).toBe(stop === "pause" ? "paused" : "cancelled");
      if (stop === "pause") {
        expect((await bench.resume()).status).toBe("finished");
        expect(asked).toEqual(["long", "clean", "rest"]);
      }
    }
  });

  it("is cancelled with a run that waits for it, with what it does in every outcome, and nothing is asked any more", async () => {
    const open = planOf({
      t: { kind: "try" },
      main: { kind: "sequence", parent: "t", role: "try" },
      ok: { kind: "approval", parent: "main", output: "ok", request: { title: "Ship?" } } as TestNode,
      last: { kind: "sequence", parent: "t", role: "finally" },
      clean: task({ parent: "last" }),
    });
    const asked: string[] = [];
    const bench = new Bench(parentOf({ review: held() }, open), (_, { address }) => {
      asked.push(address.nodeId);
      return done({ v: 1 });
    });
    expect((await bench.run()).status).toBe("waiting");
    const stop = { stop: "cancel", by: "p", at: 1 } as const;
    expect(await bench.resume({ stop })).toMatchObject({ status: "cancelled", waitingFor: [] });
    expect(asked).toEqual(["clean"]);
    const { run: inner } = await memoryReader(bench.nextSpaces.get("r:review")!).journal();
    expect(inner?.status).toBe("cancelled");
  });

  describe("whose node is inside something that ends", () => {
    const open = planOf({
      t: { kind: "try" },
      main: { kind: "sequence", parent: "t", role: "try" },
      ok: { kind: "approval", parent: "main", output: "ok", request: { title: "Ship?" } } as TestNode,
      last: { kind: "sequence", parent: "t", role: "finally" },
      inner: task({ parent: "last" }),
    });
    const gate = (parent: string) =>
      ({ kind: "approval", parent, output: "ok", request: { title: "Go?" } }) as TestNode;
    const isDecided = "ctx.outputs.ok !== undefined && ctx.outputs.ok.length > 0";
    const tried = (role: "catch" | "finally") => ({
      t: { kind: "try" } as TestNode,
      main: { kind: "sequence", parent: "t", role: "try" } as TestNode,
      both: { kind: "parallel", parent: "main" } as TestNode,
      review: held({ parent: "both" }),
      gate: gate("both"),
      on: { kind: "sequence", parent: "t", role } as TestNode,
      outer: task({ parent: "on" }),
    });
    const stop = { stop: "cancel", by: "p", at: 1 } as const;
    const decided = (approved: boolean) => ({ requests: decideOn("gate", approved) });
    const both = { p: { kind: "parallel" } as TestNode, review: held({ parent: "p" }) };
    const cases: readonly (readonly [
      string,
      { readonly [key: string]: TestNode },
      Parameters<Bench["resume"]>[0],
      string,
      readonly string[],
    ])[] = [
      ["a try, when the run is cancelled", tried("finally"), { stop }, "cancelled", ["inner", "outer"]],
      ["a try whose other branch fails", tried("finally"), decided(false), "failed", ["inner", "outer"]],
      ["a try that catches it", tried("catch"), decided(false), "finished", ["inner", "outer"]],
      [
        "a run that an end ends",
        {
          ...both,
          s: { kind: "sequence", parent: "p" },
          gate: gate("s"),
          end: { kind: "end", parent: "s", status: "finished" } as unknown as TestNode,
        },
        decided(true),
        "finished",
        ["inner"],
      ],
      [
        "a loop that is at its end",
        {
          l: { kind: "loop", until: isDecided, maxIterations: 3 } as unknown as TestNode,
          p: { kind: "parallel", parent: "l" },
          review: held({ parent: "p" }),
          gate: gate("p"),
          outer: task(),
        },
        decided(true),
        "finished",
        ["inner", "outer"],
      ],
      [
        "a frame that does not mount it any more",
        { ...both, review: held({ parent: "p", if: `!(${isDecided})` }), gate: gate("p") },
        decided(true),
        "finished",
        ["inner"],
      ],
    ];
    for (const [what, nodes, how, status, expected] of cases)
      for (const isLeft of [true, false])
        it(`is cancelled before it ends: ${what}${isLeft ? "" : ", in one process"}`, async () => {
          const begun: string[] = [];
          const bench = new Bench(parentOf(nodes, open), (_, { address }) => {
            begun.push(address.nodeId);
            return done({ v: 1 });
          });
          if (isLeft) expect((await bench.run()).status).toBe("waiting");
          const result = isLeft ? await bench.resume(how) : await bench.run({ wait: true, ...later(how) });
          expect(result).toMatchObject({ status, waitingFor: [] });
          expect(begun).toEqual(expected);
          const [[, space] = []] = bench.nextSpaces;
          const { run: inner } = await memoryReader(space!).journal();
          expect(inner?.status).toBe("cancelled");
        });
  });

  it("is cancelled where its run is over: goes on as another one, or ends without it", async () => {
    const page = "ctx.input.__smithersContinuation !== undefined";
    const next = { kind: "continue-as-new", parent: "s", state: {} } as TestNode;
    const ends = [
      { review: held({ parent: "p", if: `!(${page})` }), next: { ...next, if: `!(${page})` } },
      { review: held({ parent: "p", if: "ctx.outputs.row === undefined || ctx.outputs.row.length === 0" }) },
    ] as readonly { readonly [key: string]: TestNode }[];
    for (const { review, ...more } of ends) {
      const nodes = { p: { kind: "parallel" }, review, s: { kind: "sequence", parent: "p" } } as {
        readonly [key: string]: TestNode;
      };
      const bench = new Bench(
        parentOf({ ...nodes, slow: task({ parent: "s" }), ...more }, asking),
        async (_, { address }) => {
          if (address.nodeId === "slow") await new Promise((resolve) => setTimeout(resolve, 60));
          return done({ v: 1 });
        },
      );
      expect(await bench.run()).toMatchObject({ status: "finished", waitingFor: [] });
      const { run: inner } = await memoryReader(bench.nextSpaces.get("r:review")!).journal();
      expect(inner?.status).toBe("cancelled");
      expect(bench.nodes("task.failed")).toEqual([]);
    }
  });

  it("that its author paused is not waited for with --wait: its run ends, and goes on with it when resumed", async () => {
    const stops = planOf({
      a: task(),
      halt: { kind: "stop", reason: "look" } as TestNode,
      b: task({ output: "output" }),
    });
    const bench = new Bench(
      parentOf({ outer: held() }, parentOf({ inner: held({ output: "output" }) }, stops)),
      () => done({ v: 1 }),
    );
    const paused = await bench.run({ wait: true });
    expect(paused).toMatchObject({ status: "waiting", reason: "waits for the run of outer" });
    expect(await bench.resume({ wait: true })).toMatchObject({ status: "finished" });
  });

  it("ends with its time, and is gone on with by the next try", async () => {
    const asked: string[] = [];
    const two = planOf({ first: task(), second: task({ output: "output" }) });
    const bench = new Bench(
      parentOf({ review: held({ timeoutMs: 1_000, retries: 99 }) }, two),
      async (_, { address, signal }) => {
        asked.push(address.nodeId);
        if (asked.join() !== "first,second") return done({ v: 1 });
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        return { ok: false, error: { code: "CANCELLED", message: "x", retryable: false } };
      },
    );
    expect(await bench.run()).toMatchObject({ status: "finished", reason: null });
    // However often its time was up on a slow machine: what was done is not done again.
    expect(asked.filter((nodeId) => nodeId === "first")).toHaveLength(1);
    expect(asked.slice(0, 2)).toEqual(["first", "second"]);
    expect(bench.events.find(({ type }) => type === "task.retrying")?.data.code).toBe("TIMEOUT");
  });

  it("has its time for what it does, not for what people take to answer", async () => {
    const bench = new Bench(parentOf({ review: held({ timeoutMs: 1_000, retries: 0 }) }, asking), () =>
      done({ v: 1 }),
    );
    bench.clock.frozen = true;
    const events: string[] = [];
    const requests = (take: (request: never, done: () => void) => void) => {
      const kick = setTimeout(() => {
        // Whatever is due first is due now.
        bench.clock.frozen = false;
        bench.clock.after(60_000, () => take({ stop: "cancel", by: "p", at: 1 } as never, () => {}));
      }, 150);
      return () => clearTimeout(kick);
    };
    const result = await bench.run({
      wait: true,
      requests: requests as never,
      onEvent: ({ type, data }) => events.push(`${type} ${data.code ?? ""}`),
    });
    expect(events.filter((event) => event.includes("TIMEOUT"))).toEqual([]);
    expect(result.status).toBe("cancelled");
  });

  it("gives signs of life by what it does, at any depth, and none is asked for while it waits for people", async () => {
    const slow = planOf({ a: task(), b: task(), c: task(), d: task({ output: "output" }) });
    const middle = parentOf({ inner: held({ output: "output" }) }, slow);
    const alive = { heartbeatTimeoutMs: 400, retries: 0 } as never;
    const late = async () => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      return done({ v: 1 });
    };
    const bench = new Bench(parentOf({ review: held(alive) }, middle), late);
    expect(await bench.run({ clock: systemClock })).toMatchObject({ status: "finished" });
    const beside = {
      p: { kind: "parallel" },
      review: held({ parent: "p", ...(alive as object) }),
      s: { kind: "sequence", parent: "p" },
      ...Object.fromEntries([1, 2, 3, 4].map((n) => [`long-${n}`, task({ parent: "s" })])),
    } as { readonly [key: string]: TestNode };
    const waiting = new Bench(parentOf(beside, asking), late);
    expect(await waiting.run({ clock: systemClock })).toMatchObject({ status: "waiting" });
  });

  it("counts against the budgets around it, also where it fails", async () => {
    const bench = new Bench(
      parentOf({
        limits: { kind: "aspects", tokenBudget: { max: 200 } } as TestNode,
        review: held({ parent: "limits", continueOnFail: true }),
        more: task({ parent: "limits" }),
      }),
      (_, { address }) =>
        address.nodeId === "work"
          ? { ...failed("no", false), usage: { inputTokens: 300, calls: 1 } }
          : done({ v: 1 }),
    );
    const result = await bench.run();
    expect(result.reason).toContain("more failed: BUDGET_EXCEEDED");
    expect(result.totals.tokens.input).toBe(300);
  });

  it("counts what it cost in the budgets around it and in what its run has cost", async () => {
    const bench = new Bench(
      parentOf({
        limits: { kind: "aspects", costBudget: { maxUsd: 0.3 } } as TestNode,
        review: held({ parent: "limits" }),
        more: task({ parent: "limits" }),
        last: task({ parent: "limits" }),
      }),
      (_, { address, prices }) => {
        const used = {
          inputTokens: 1_000,
          outputTokens: 0,
          cacheReadTokens: 0,
          cacheWriteTokens: 0,
          calls: 1,
        };
        const cost =
          address.nodeId === "work" ? costOf(priceOf(prices, "m"), used) : { costUsd: 0.2, pricedCalls: 1 };
        return { ...done({ v: 1 }), usage: { ...used, ...cost } };
      },
    );
    const first = await bench.run({ prices: { m: { input: 100, output: 0 } } });
    expect(first.reason).toContain("last failed: BUDGET_EXCEEDED: $0.30 of $0.30 of limits are used");
    expect(first.totals).toMatchObject({ calls: 2, costUsd: 0.3, pricedCalls: 2 });
  });

  it("is not begun where a budget around it is used up, unless nothing in it calls a model", async () => {
    const agents = { a: { provider: "anthropic", options: {} } } as never;
    const quiet = planOf({ sum: value(1, { output: "output" }) });
    for (const [inner, calls] of [
      [planOf({ work: task({ output: "output" }) }, { agents }), ["first"]],
      [
        planOf(
          { in: held({ output: "output" }) },
          { subflows: { child: planOf({ work: task() }, { agents }) } },
        ),
        ["first"],
      ],
      [quiet, ["first", "last"]],
    ] as const) {
      const asked: string[] = [];
      const bench = new Bench(
        parentOf(
          {
            limits: { kind: "aspects", tokenBudget: { max: 200 } } as TestNode,
            first: task({ parent: "limits" }),
            review: held({ parent: "limits" }),
            last: task(),
          },
          inner,
        ),
        (_, { address }) => {
          asked.push(address.nodeId);
          return { ...done({ v: 1 }), usage: { inputTokens: 300, calls: 1 } };
        },
      );
      const { reason } = await bench.run();
      expect(asked).toEqual(calls);
      expect(reason).toEqual(
        inner === quiet ? null : expect.stringContaining("review failed: BUDGET_EXCEEDED"),
      );
    }
  });
});

describe("a child run that goes on as a new one", () => {
  const page = "(ctx.input.__smithersContinuation?.payload.page ?? 0)";
  const next = { kind: "continue-as-new", state: { page: 1 }, if: `${page} === 0` } as TestNode;
  const used = () => ({
    ...done({ v: 1 }),
    usage: { inputTokens: 100, calls: 1, toolCalls: 3, costUsd: 0.1 },
  });

  it("counts with all of its runs where its node stands, whenever it is left and taken up", async () => {
    const paging = planOf({
      work: task(),
      next,
      ok: { kind: "approval", output: "decision", request: { title: "Ship?" } } as TestNode,
      last: task({ output: "output" }),
    });
    const bench = new Bench(parentOf({ review: held() }, paging), used);
    const waiting = await bench.run();
    expect(waiting).toMatchObject({ status: "waiting", waitingFor: [{ child: "review.2", nodeId: "ok" }] });
    expect(waiting.totals).toMatchObject({ tokens: { input: 200 }, calls: 2, costUsd: 0.2 });
    const said = { decider: () => ({ approved: true, note: null }) };
    const result = await bench.resume(said);
    expect(result).toMatchObject({
      status: "finished",
      totals: { tokens: { input: 300 }, calls: 3, toolCalls: 9, costUsd: 0.3, pricedCalls: 3 },
    });
    // A loop takes along what it used up.
    const loop = { kind: "loop", maxIterations: 5, continueAsNewEvery: 2 } as TestNode;
    const round = planOf({ loop, work: task({ parent: "loop" }), sum: value(0, { output: "output" }) });
    const looping = new Bench(parentOf({ review: held() }, round), used);
    expect((await looping.run()).totals).toMatchObject({ tokens: { input: 500 }, calls: 5, costUsd: 0.5 });
  });
});

class Died extends Error {}

describe("a process that dies at any commit of a run or of one that it holds", () => {
  it.each(["before", "after"] as const)("loses and doubles nothing (%s it is on disk)", async (when) => {
    const plan = parentOf({ one: held({ input: { topic: "x" } }), two: task() });
    let expected: unknown = null;
    let at = -1;
    for (let struck = true; struck; at++) {
      const spaces = new Map<string, MemorySpace>();
      const finished: string[] = [];
      let left = at;
      const storeOf = (runId: string): Store => {
        const space = spaces.get(runId) ?? new MemorySpace();
        spaces.set(runId, space);
        const store = memoryStore(space);
        const { commit } = store;
        store.commit = async (given) => {
          const dies = left-- === 0;
          // A dead process commits nothing more, whichever of its runs it is for.
          if (left < -1 && struck && at >= 0) throw new Died();
          if (dies) struck = true;
          if (dies && when === "before") throw new Died();
          await commit.call(store, given);
          for (const write of given.writes)
            if (write.type === "event" && write.event.type === "task.finished")
              finished.push(`${runId} ${write.event.data.nodeId}`);
          if (dies) throw new Died();
        };
        return store;
      };
      const options = {
        root: "/nowhere",
        clock: new VirtualClock(),
        executors: executorsOf(() => ({
          ...done({ v: 1 }),
          usage: { inputTokens: 7, calls: 1, costUsd: 0.1 },
        })),
        storeOf,
      };
      struck = false;
      let outputs: unknown;
      for (let begun = false, lives = 0; outputs === undefined && lives < 9; lives++) {
        const store = storeOf("r");
        try {
          const result = begun
            ? await resume("r", { ...options, plan, store })
            : await run(plan, { ...options, store, runId: "r" });
          if (result.status === "finished") ({ outputs } = result);
        } catch (error) {
          if (!(error instanceof Died)) throw error;
        } finally {
          await store.close();
        }
        begun = (await memoryReader(spaces.get("r")!).journal()).run !== null;
        left = Number.POSITIVE_INFINITY;
      }
      expected ??= outputs;
      expect(outputs).toEqual(expected);
      expect(finished).toEqual([...new Set(finished)]);
      // What the child run has used counts in the run that holds it, whenever the process died.
      const { attempts } = await memoryReader(spaces.get("r")!).journal();
      const held = attempts.filter(({ nodeId }) => nodeId === "one");
      const within = (await memoryReader(spaces.get("r:one")!).journal()).attempts;
      expect(usedBy(held)).toEqual(usedBy(within));
      expect(usedBy(held).calls).toBeGreaterThan(0);
      for (const [runId, space] of spaces)
        expect(
          (await replayJournal(memoryReader(space), runId === "r" ? plan : child)).divergence,
        ).toBeNull();
      if (at === -1) struck = true;
    }
    // Each commit of the two runs was struck.
    expect(at).toBeGreaterThan(5);
  });
});
