/** Timers: durable, due once, at their time or as soon as a process is there again (SEMANTICS 36). */
import { describe, expect, it } from "vitest";
import { Bench, done, executorsOf } from "../test/engine.ts";
import { planOf, type TestNode } from "../test/plans.ts";

const task = (more: Partial<TestNode> = {}): TestNode =>
  ({ kind: "task", output: "row", agent: "a", prompt: "go", ...more }) as TestNode;
const timer = (more: object): TestNode => ({ kind: "timer", ...more }) as TestNode;
const benchOf = (nodes: { readonly [key: string]: TestNode }): Bench =>
  new Bench(planOf(nodes), () => done({ v: 1 }));

/** When each event of a type happened, from the first one of the run. */
const at = ({ events }: Bench, type: string): number[] =>
  events.filter((event) => event.type === type).map((event) => event.at - (events[0]?.at ?? 0));

describe("a timer", () => {
  it("holds what follows for its duration, from when its turn comes", async () => {
    const bench = benchOf({
      first: timer({ duration: "2s" }),
      second: timer({ duration: { $: "`${1 + 0.5}m`" } }),
      after: task(),
    });
    expect((await bench.run()).status).toBe("finished");
    expect(at(bench, "timer.set")).toEqual([0, 2_000]);
    expect(at(bench, "timer.fired")).toEqual([2_000, 92_000]);
    expect(at(bench, "task.started")).toEqual([92_000]);
  });

  it("is due at a time, a Date or a text; at once where that has passed", async () => {
    const bench = benchOf({
      text: timer({ at: new Date(1_005_000).toISOString() }),
      date: timer({ at: { $: "new Date(ctx.now() + 1000)" } }),
      past: timer({ at: "1970-01-01T00:00:00Z" }),
    });
    await bench.run();
    expect(bench.nodes("timer.fired")).toEqual(["text", "date", "past"]);
    expect(at(bench, "timer.fired")).toEqual([5_000, 6_000, 6_000]);
  });

  it("is skipped, and fails with what it was given where that is no time", async () => {
    const bench = benchOf({
      no: timer({ duration: "1h", skipIf: "true" }),
      odd: timer({ duration: { $: "'soon'" } }),
    });
    const { status, reason } = await bench.run();
    expect(status).toBe("failed");
    expect(reason).toContain("odd failed: FORBIDDEN: nodes.odd.duration: soon is no duration");
    expect(bench.nodes("task.skipped")).toEqual(["no"]);
  });

  it("fires once a process is there again, at its time and once, also when that passed meanwhile", async () => {
    for (const away of [10_000, 61_000]) {
      const bench = benchOf({ nap: timer({ duration: "60s" }), after: task() });
      bench.clock.frozen = true;
      const stop = new AbortController();
      const onEvent = ({ type }: { readonly type: string }) => {
        if (type === "timer.set") stop.abort();
      };
      expect((await bench.run({ signal: stop.signal, onEvent })).status).toBe("cancelled");
      const set = bench.clock.now();
      bench.clock.frozen = false;
      bench.clock.pass(away);
      expect((await bench.resume()).status).toBe("finished");
      expect(bench.nodes("timer.fired")).toEqual(["nap"]);
      expect(bench.nodes("timer.set")).toEqual([]);
      expect(bench.clock.now() - set).toBe(Math.max(60_000, away));
    }
  });

  it("as a deadline counts from the start of the run, across restarts (SEMANTICS 36)", async () => {
    const deadline = timer({ parent: "p", at: { $: "new Date(host('startedAt') + 60000)" } });
    const plan = planOf(
      { p: { kind: "parallel" }, first: task({ parent: "p" }), deadline, after: task() },
      { capabilities: { net: [], env: [], exec: [], fs: [], host: ["startedAt"] } },
    );
    const bench = new Bench(plan, () => done({ v: 1 }));
    bench.clock.frozen = true;
    const began = bench.clock.now();
    let stop = new AbortController();
    const onEvent = (event: (typeof bench.events)[number]): void => {
      bench.events.push(event);
      if (event.type === "timer.set" || event.type === "run.resumed") stop.abort();
    };
    await bench.run({ signal: stop.signal, onEvent });
    for (const away of [20_000, 25_000]) {
      bench.clock.pass(away);
      stop = new AbortController();
      expect((await bench.resume({ signal: stop.signal, onEvent })).status).toBe("cancelled");
    }
    bench.clock.frozen = false;
    expect((await bench.resume()).status).toBe("finished");
    expect(bench.clock.now() - began).toBe(60_000);
    expect(bench.nodes("timer.fired")).toEqual(["deadline"]);
  });

  it("is forgotten when its node is unmounted, and keeps no process", async () => {
    const bench = benchOf({
      p: { kind: "parallel" },
      first: task({ parent: "p" }),
      nap: timer({
        parent: "p",
        duration: "7d",
        if: "ctx.outputMaybe('row', { nodeId: 'first' }) === undefined",
      }),
    });
    expect((await bench.run()).status).toBe("finished");
    expect(at(bench, "timer.fired")).toEqual([]);
  });

  it("waits in each iteration of a loop, and not in one that closes", async () => {
    const bench = benchOf({
      rounds: { kind: "loop", until: "ctx.outputs.row.length >= 2", maxIterations: 5 },
      work: task({ parent: "rounds" }),
      nap: timer({ parent: "rounds", duration: "1s" }),
    });
    expect((await bench.run()).status).toBe("finished");
    expect(bench.nodes("timer.fired")).toEqual(["nap"]);
    expect(bench.nodes("task.finished")).toEqual(["work", "work#1"]);
  });
});

describe("a timer that comes round again", () => {
  const loop: TestNode = { kind: "loop", id: "l", maxIterations: 4 } as TestNode;
  const inLoop = (every: unknown, more: object = {}) => ({
    l: loop,
    tick: timer({ parent: "l", every, ...more }),
    work: task({ parent: "l" }),
  });

  it("in a loop fires at a fixed rate from when the turn of the first came, however long the rest takes", async () => {
    const bench = benchOf(inLoop("10s"));
    const work = executorsOf(() => {
      bench.clock.pass(3_000);
      return done({ v: 1 });
    });
    await bench.run({ executors: work });
    expect(at(bench, "timer.fired")).toEqual([10_000, 20_000, 30_000, 40_000]);
    expect(at(bench, "timer.set")).toEqual([0, 13_000, 23_000, 33_000]);
  });

  it("does not make up for what it missed", async () => {
    const bench = benchOf(inLoop("10s"));
    const work = executorsOf((_, { address }) => {
      bench.clock.pass(address.iteration === 0 ? 25_000 : 10_000);
      return done({ v: 1 });
    });
    await bench.run({ executors: work });
    // From 35 s on: 40 s; a point of time that is there as the turn comes has passed.
    expect(at(bench, "timer.fired")).toEqual([10_000, 40_000, 60_000, 80_000]);
  });

  it("counts from the same time after a resume, fires at once what came due meanwhile, and once", async () => {
    const bench = benchOf(inLoop("60s"));
    bench.clock.frozen = true;
    let stop = new AbortController();
    const onEvent = (event: (typeof bench.events)[number]): void => {
      bench.events.push(event);
      if (event.type === "timer.set") stop.abort();
    };
    await bench.run({ signal: stop.signal, onEvent });
    for (const away of [61_000, 150_000]) {
      bench.clock.pass(away);
      stop = new AbortController();
      bench.clock.frozen = false;
      await bench.resume({ signal: stop.signal, onEvent });
      bench.clock.frozen = true;
    }
    // Due at 60 s, taken up at 61 s; due at 120 s, taken up at 211 s; the next is that of 240 s.
    expect(at(bench, "timer.fired")).toEqual([61_000, 211_000]);
    bench.clock.frozen = false;
    await bench.resume();
    expect(at(bench, "timer.fired")).toEqual([61_000, 211_000, 240_000, 300_000]);
  });

  it("that is skipped at times keeps its points of time; each loop around it has its own", async () => {
    const skipping = benchOf(inLoop("10s", { skipIf: "ctx.iteration === 1" }));
    const work = executorsOf(() => {
      skipping.clock.pass(4_000);
      return done({ v: 1 });
    });
    await skipping.run({ executors: work });
    expect(at(skipping, "timer.fired")).toEqual([10_000, 20_000, 30_000]);
    const nested = benchOf({
      o: { kind: "loop", id: "o", maxIterations: 2 } as TestNode,
      l: { kind: "loop", id: "l", parent: "o", maxIterations: 2 } as TestNode,
      tick: timer({ parent: "l", every: "10s" }),
      work: task({ parent: "o" }),
    });
    const slow = executorsOf(() => {
      nested.clock.pass(3_000);
      return done({ v: 1 });
    });
    await nested.run({ executors: slow });
    expect(at(nested, "timer.fired")).toEqual([10_000, 20_000, 33_000, 43_000]);
  });

  it("outside a loop is a duration; nothing is no interval", async () => {
    const once = benchOf({ tick: timer({ every: "2s" }), after: task() });
    await once.run();
    expect(at(once, "timer.fired")).toEqual([2_000]);
    const never = benchOf({ tick: timer({ every: { $: "`${0}s`" } }) });
    expect((await never.run()).reason).toContain("nodes.tick.every: an interval is longer than nothing");
  });
});
