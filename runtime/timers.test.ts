/** Timers: durable, due once, at their time or as soon as a process is there again (SEMANTICS 36). */
import { describe, expect, it } from "vitest";
import { Bench, done } from "../test/engine.ts";
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
    const begun = bench.clock.now();
    expect((await bench.run()).status).toBe("finished");
    expect(bench.clock.now() - begun).toBeLessThan(1_000);
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
