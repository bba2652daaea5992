/** Runs that go on as new ones: ContinueAsNew, and loops with `continueAsNewEvery`. */
import { describe, expect, it } from "vitest";
import { Bench, decideOn, done, executorsOf, failed, VirtualClock } from "../test/engine.ts";
import { planOf, type TestNode, value } from "../test/plans.ts";
import type { SignalRequest } from "./interpreter/run.ts";
import { replayJournal } from "./replay/index.ts";
import { resume, run } from "./run.ts";
import { MemorySpace, memoryReader, memoryStore } from "./store/index.ts";
import type { Store } from "./store/store.ts";

const task = (more: Partial<TestNode> = {}): TestNode =>
  ({ kind: "task", output: "row", agent: "a", prompt: "go", retries: 0, ...more }) as TestNode;

const PAGE = "(ctx.input.__smithersContinuation?.payload.page ?? 0)";

/** Goes through pages, each in a run of its own. */
const pages = (last: number) =>
  planOf({
    work: task({ prompt: { $: `\`page \${${PAGE}} of \${ctx.input.topic}\`` } }),
    more: {
      kind: "continue-as-new",
      if: `${PAGE} < ${last}`,
      state: { $: `({ page: ${PAGE} + 1, seen: ctx.output('row', { nodeId: 'work' }).v })` },
    },
    after: value("the last"),
  });

describe("ContinueAsNew", () => {
  it("ends the run and begins one with nothing but its state, until a run ends without", async () => {
    const prompts: string[] = [];
    const bench = new Bench(pages(2), (request) => {
      if (request.kind === "agent") prompts.push(request.prompt);
      return done({ v: prompts.length });
    });
    const result = await bench.run({ input: { topic: "x" } });
    expect(prompts).toEqual(["page 0 of x", "page 1 of x", "page 2 of x"]);
    expect(result).toMatchObject({ runId: "r.3", status: "finished", reason: null, continuedAs: null });
    expect(result.outputs.row).toEqual([
      { v: 3, nodeId: "work", iteration: 0 },
      { v: "the last", nodeId: "after", iteration: 0 },
    ]);
    const { run: first } = await memoryReader(bench.space).journal();
    expect(first).toMatchObject({ status: "finished", reason: "continued as r.2" });
    const { run: last } = await memoryReader(bench.nextSpaces.get("r.3")!).journal();
    expect(last?.input).toMatchObject({
      topic: "x",
      __smithersContinuation: { parentRunId: "r.2", reason: "explicit", payload: { page: 2, seen: 2 } },
    });
  });

  it("passes by a schema that does not know of it", async () => {
    const nodes = pages(1).nodes as { readonly [key: string]: TestNode };
    const schemas = { input: "z.strictObject({ topic: z.string().default('all') })" };
    const bench = new Bench(planOf(nodes, { schemas, input: { schema: "input" } }), () => done({ v: 1 }));
    expect(await bench.run({ input: {} })).toMatchObject({ runId: "r.2", status: "finished" });
  });

  it("lets what is in flight end first, whatever comes of it, and starts nothing more", async () => {
    for (const outcome of [done({ v: 1 }), failed("no", false)]) {
      const bench = new Bench(
        planOf({
          p: { kind: "parallel", if: `${PAGE} === 0` },
          slow: task({ parent: "p" }),
          s: { kind: "sequence", parent: "p" },
          quick: task({ parent: "s" }),
          more: { kind: "continue-as-new", parent: "s", state: { page: 1 } },
          never: task({ parent: "s" }),
          last: task({ if: `${PAGE} === 1` }),
        }),
        async (_, { address }) => {
          if (address.nodeId !== "slow") return done({ v: 1 });
          await new Promise((resolve) => setTimeout(resolve, 40));
          return outcome;
        },
      );
      expect(await bench.run()).toMatchObject({ runId: "r.2", status: "finished" });
      expect(bench.nodes("task.started")).toEqual(["slow", "quick", "last"]);
      const types = bench.events.map(({ type }) => type);
      expect(types.indexOf("run.continued")).toBeGreaterThan(
        types.indexOf(outcome.ok ? "task.finished" : "task.failed"),
      );
    }
  });

  it("hands on signals that nobody has waited for", async () => {
    const bench = new Bench(
      planOf({
        first: { kind: "wait", event: "go", if: `${PAGE} === 0` },
        more: { kind: "continue-as-new", state: { page: 1 }, if: `${PAGE} === 0` },
        second: { kind: "wait", event: "go", output: "row" },
      }),
    );
    const signal = (payload: number) => ({ name: "go", correlationId: null, payload, by: "t", at: 0 });
    let asked = 0;
    const result = await bench.run({
      requests: (take) => {
        if (asked++ === 0) for (const n of [1, 2]) take(signal(n), () => {});
        return () => {};
      },
    });
    expect(result).toMatchObject({ runId: "r.2", status: "finished" });
    expect(result.outputs.row).toEqual([{ value: 2, nodeId: "second", iteration: 0 }]);
  });

  it("hands on with such a signal what came once more: it is taken where the first does not fit", async () => {
    const bench = new Bench(
      planOf(
        {
          work: value(1),
          more: { kind: "continue-as-new", state: { page: 1 }, if: `${PAGE} === 0` },
          paid: { kind: "wait", event: "paid", correlationId: "A", output: "row" },
        },
        { schemas: { row: "z.object({ v: z.number() })" } },
      ),
    );
    const signal = (v: unknown) =>
      ({ name: "paid", correlationId: "A", payload: { v }, by: "t", at: 0 }) as SignalRequest;
    let asked = 0;
    const result = await bench.run({
      requests: (take) => {
        if (asked++ === 0) for (const v of ["no", "neither", 3, 4]) take(signal(v), () => {});
        return () => {};
      },
    });
    expect(result).toMatchObject({ runId: "r.2", status: "finished" });
    expect(result.outputs.row?.at(-1)).toMatchObject({ v: 3, nodeId: "paid" });
    const { events } = bench;
    expect(events.filter(({ type }) => type === "signal.rejected")).toHaveLength(2);
  });

  it("fails where runs would follow each other that do nothing", async () => {
    const bench = new Bench(planOf({ more: { kind: "continue-as-new" }, never: value(1) }));
    expect(await bench.run()).toMatchObject({
      runId: "r",
      status: "failed",
      reason: "more goes on as a new run before anything was done in this one",
    });
  });

  it("fails where its state is too large to begin with", async () => {
    const bench = new Bench(
      planOf({
        work: task(),
        more: {
          kind: "continue-as-new",
          state: { $: "'x'.repeat(900000).split('').map(() => 'xxxxxxxxxx')" },
        },
      }),
      () => done({ v: 1 }),
    );
    const { status, reason } = await bench.run();
    expect(status).toBe("failed");
    expect(reason).toMatch(/more failed: LIMIT: .*keep it in a file/);
  });
});

/** A loop of rounds that read what came before them, with state, beside a question to people. */
const rounds = (every: number | undefined) =>
  planOf({
    p: { kind: "parallel" },
    ask: { kind: "approval", parent: "p", output: "ok", request: { title: "Go on?" } } as TestNode,
    loop: {
      kind: "loop",
      parent: "p",
      until: "(ctx.latest('row', 'work')?.v ?? 0) >= 50",
      maxIterations: 7,
      ...(every !== undefined && { continueAsNewEvery: every }),
    },
    work: task({
      parent: "loop",
      prompt: {
        $: "`round ${ctx.iteration}: ${ctx.outputs.row.map((r) => r.v).join()} ${ctx.state.get('n', 0)} ${ctx.latest('row', 'work')?.v}`",
      },
      onFinished: "(row, { state }) => state.update('n', (n) => (n ?? 0) + row.v)",
    }),
    inner: { kind: "loop", parent: "loop", maxIterations: 2, until: "false" },
    step: value(0, { parent: "inner", payload: { $: "({ v: ctx.iteration })" }, output: "steps" }),
    end: value(0, {
      payload: { $: "({ v: ctx.outputs.row.length, n: ctx.state.get('n') })" },
      output: "last",
    }),
  });

describe("a loop that goes on as a new run", () => {
  it.each(["0", "-1", "1.5", "NaN", "'3'"])("fails where a run is to have %s iterations", async (every) => {
    const nodes = {
      loop: { kind: "loop", until: "false", maxIterations: 2, continueAsNewEvery: { $: every } } as TestNode,
      work: value(1, { parent: "loop" }),
    };
    const { status, reason, outputs } = await new Bench(planOf(nodes), () => done({ v: 1 })).run();
    expect(status).toBe("failed");
    expect(reason).toMatch(/nodes\.loop\.continueAsNewEvery: .* 1 or more whole iterations, this is /);
    expect(outputs.row ?? []).toEqual([]);
  });

  it.each(["null", "undefined", "Infinity"])("has all iterations in one run with %s", async (every) => {
    const nodes = {
      loop: { kind: "loop", until: "false", maxIterations: 3, continueAsNewEvery: { $: every } } as TestNode,
      work: value(1, { parent: "loop" }),
    };
    const result = await new Bench(planOf(nodes), () => done({ v: 1 })).run();
    expect(result).toMatchObject({ runId: "r", status: "finished" });
    expect(result.outputs.row).toHaveLength(3);
  });

  const benchOf = (every: number | undefined) => {
    const prompts: string[] = [];
    const bench = new Bench(rounds(every), (request) => {
      if (request.kind === "agent") prompts.push(request.prompt);
      return done({ v: prompts.length });
    });
    return { bench, prompts };
  };

  it("gives what it would have given in one, each task done once", async () => {
    const whole = benchOf(undefined);
    const people = { decider: () => ({ approved: true, note: null, latencyMs: 5 }) };
    const expected = await whole.bench.run(people);
    for (const [every, runs] of [
      [1, 7],
      [3, 3],
      [7, 1],
    ] as const) {
      const parts = benchOf(every);
      const result = await parts.bench.run(people);
      expect(parts.prompts).toEqual(whole.prompts);
      expect(result.outputs).toEqual(expected.outputs);
      expect(result.totals.attempts).toBe(expected.totals.attempts);
      expect(parts.bench.nextSpaces.size + 1).toBe(runs);
    }
  });

  it("takes a question to people along, which is answered there", async () => {
    const { bench, prompts } = benchOf(4);
    const result = await bench.run();
    expect(result).toMatchObject({ runId: "r.2", status: "waiting" });
    expect(result.waitingFor).toMatchObject([{ nodeId: "ask" }]);
    expect(await bench.resume({ requests: decideOn("ask", true) })).toMatchObject({
      runId: "r.2",
      status: "finished",
    });
    expect(prompts).toHaveLength(7);
  });

  it("stays in its run while a node holds one, or an agent with tools is in a conversation: neither can be carried over", async () => {
    const beside = (open: TestNode) =>
      planOf(
        {
          p: { kind: "parallel" },
          open: { ...open, parent: "p" } as TestNode,
          loop: { kind: "loop", parent: "p", maxIterations: 5, continueAsNewEvery: 2 } as TestNode,
          work: task({ parent: "loop", agent: "b" }),
          after: task({ agent: "b" }),
          rest: { kind: "loop", maxIterations: 5, continueAsNewEvery: 2 } as TestNode,
          last: task({ parent: "rest", agent: "b" }),
        },
        {
          agents: { a: { provider: "anthropic", options: { tools: { order: {} } } } } as never,
          subflows: {
            child: planOf({
              before: task(),
              ok: { kind: "approval", output: "ok", request: { title: "Ship?" } } as TestNode,
              after: task({ output: "output" }),
            }),
          },
        },
      );
    const subflow = { kind: "subflow", workflow: "child", result: "output", output: "row" } as TestNode;
    for (const open of [subflow, task()]) {
      const asked: string[] = [];
      const bench = new Bench(beside(open), async (_, { address, past }) => {
        asked.push(address.nodeId);
        if (address.nodeId !== "open" || past?.suspended) return done({ v: 1 });
        const question = { tool: "order", call: "c1", input: {}, again: false };
        return { ok: false, error: { code: "SUSPENDED", message: "", retryable: false }, question };
      });
      const waits = await bench.run();
      expect(waits).toMatchObject({ runId: "r", status: "waiting" });
      expect(asked.filter((id) => id === "work")).toHaveLength(5);
      const decider = () => ({ approved: true, note: null });
      // Once it has ended, the next loop that is long enough goes on in another run.
      expect(await bench.resume({ decider })).toMatchObject({ runId: "r.3", status: "finished" });
      expect(asked.filter((id) => id === "before" || id === "open")).toHaveLength(open === subflow ? 1 : 2);
    }
  });

  it("leaves frames, events and prompts with the run that ended", async () => {
    const { bench } = benchOf(3);
    await bench.run({ decider: () => ({ approved: true, note: null }) });
    const journal = await memoryReader(bench.nextSpaces.get("r.3")!).journal();
    const asked = journal.attempts.filter(({ request }) => request !== null);
    expect(asked.filter(({ nodeId }) => nodeId === "work").map(({ iteration }) => iteration)).toEqual([6]);
    expect(journal.lastEvent).toBeLessThan(30);
  });
});

class Died extends Error {}

/** A store whose process dies around the commit of this number. */
function mortal(store: Store, lives: { left: number }, when: "before" | "after"): Store {
  const { commit } = store;
  store.commit = async (given) => {
    const dies = lives.left-- === 0;
    if (dies && when === "before") throw new Died();
    await commit.call(store, given);
    if (dies) throw new Died();
  };
  return store;
}

describe("a process that dies at any commit of a chain of runs", () => {
  it.each(["before", "after"] as const)("loses and doubles nothing (%s it is on disk)", async (when) => {
    for (const plan of [rounds(2), pages(3)]) {
      let struck = true;
      let expected: unknown = null;
      for (let at = 10_000; struck; at = at === 10_000 ? 0 : at + 1) {
        const spaces = new Map<string, MemorySpace>();
        const lives = { left: at };
        const storeOf = (runId: string): Store => {
          const space = spaces.get(runId) ?? new MemorySpace();
          spaces.set(runId, space);
          return mortal(memoryStore(space), lives, when);
        };
        const options = {
          root: "/nowhere",
          clock: new VirtualClock(),
          executors: executorsOf((request) =>
            done({ v: request.kind === "agent" ? request.prompt.length : 0 }),
          ),
          decider: () => ({ approved: true, note: null }),
          storeOf: storeOf,
        };
        let outputs: unknown;
        struck = false;
        for (let begun = false; outputs === undefined; ) {
          const store = storeOf("r");
          try {
            ({ outputs } = begun
              ? await resume("r", { ...options, plan, store })
              : await run(plan, { ...options, store, runId: "r", input: { topic: "x" } }));
          } catch (error) {
            if (!(error instanceof Died)) throw error;
            struck = true;
            begun = (await memoryReader(spaces.get("r")!).journal()).run !== null;
          } finally {
            await store.close();
          }
        }
        expected ??= outputs;
        expect(outputs).toEqual(expected);
        for (const space of spaces.values())
          expect((await replayJournal(memoryReader(space), plan)).divergence).toBeNull();
        if (at === 10_000) struck = true;
      }
    }
  });
});
