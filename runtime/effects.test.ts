/** Effects, the storm guard and loop detection (SEMANTICS 14, 15). */
import { describe, expect, it } from "vitest";
import { Bench, done } from "../test/engine.ts";
import { planOf, type TestNode, value } from "../test/plans.ts";
import { memoryReader } from "./store/index.ts";

const task = (more: object): TestNode =>
  ({ kind: "task", output: "row", payload: { v: 1 }, ...more }) as TestNode;
const effect = (deps: string, run: string, more: object = {}): TestNode =>
  ({ kind: "effect", watches: { $: deps }, run, ...more }) as TestNode;
const set = (key: string, to: string): string => `(row, { state }) => state.set('${key}', ${to})`;
const LOG = "(deps, { state }) => state.update('log', (log) => [...(log ?? []), ['run', ...deps]])";
const CLEAN = "(deps, { state }) => state.update('log', (log) => [...(log ?? []), ['clean', ...deps]])";

const journalOf = (bench: Bench) => memoryReader(bench.space).journal();
const framesOf = (bench: Bench) => memoryReader(bench.space).frames(-1, 10_000);

describe("14: an effect", () => {
  it("runs when its deps are others by canonical JSON, after the cleanup of its last run", async () => {
    const bench = new Bench(
      planOf({
        e: effect("[ctx.state.get('o')?.a, ctx.state.get('o')]", LOG, { id: "sync", cleanup: CLEAN }),
        one: task({ onFinished: set("o", "{ a: 1, b: 2 }") }),
        two: task({ onFinished: set("o", "{ b: 2, a: 1 }") }),
        three: task({ onFinished: set("o", "{ a: 3 }") }),
      }),
    );
    expect((await bench.run()).status).toBe("finished");
    expect((await journalOf(bench)).state.log).toEqual([
      ["run", null, null],
      ["clean", null, null],
      ["run", 1, { a: 1, b: 2 }],
      ["clean", 1, { a: 1, b: 2 }],
      ["run", 3, { a: 3 }],
    ]);
    const inner = (await framesOf(bench)).filter(({ cause }) => cause === "state");
    expect(inner.length).toBeGreaterThan(0);
    for (const { delta } of inner) expect(delta).toMatchObject({ effects: ["sync"] });
  });

  it("holds up nothing, waits for what its deps read, and is cleaned up when it is unmounted", async () => {
    const bench = new Bench(
      planOf({
        e: effect("[ctx.output('row', { nodeId: 'one' }).v]", LOG, {
          if: "!ctx.state.get('off')",
          cleanup: CLEAN,
        }),
        one: task({}),
        two: task({ onFinished: set("off", "true") }),
        three: task({}),
      }),
    );
    expect((await bench.run()).status).toBe("finished");
    expect((await journalOf(bench)).state.log).toEqual([
      ["run", 1],
      ["clean", 1],
    ]);
    expect(bench.nodes("effect.cleaned")).toEqual(["e"]);
  });

  it("in a loop runs once an iteration, and not before the loop has begun", async () => {
    const bench = new Bench(
      planOf({
        first: task({ onFinished: set("ready", "true") }),
        loop: { kind: "loop", maxIterations: 2 },
        e: effect("[ctx.iteration, ctx.state.get('ready', false)]", LOG, { parent: "loop", cleanup: CLEAN }),
        body: task({ parent: "loop" }),
      }),
    );
    expect((await bench.run()).status).toBe("finished");
    expect((await journalOf(bench)).state.log).toEqual([
      ["run", 0, true],
      ["clean", 0, true],
      ["run", 1, true],
      ["clean", 1, true],
    ]);
  });

  it("keeps a run going that would have ended", async () => {
    const bench = new Bench(
      planOf({
        a: task({}),
        e: effect("[ctx.outputs.row.length]", "([n], { state }) => state.set('n', n)"),
        b: value(2, { if: "ctx.state.get('n') === 1" }),
      }),
    );
    const result = await bench.run();
    expect(result.status).toBe("finished");
    expect(result.outputs.row).toHaveLength(2);
    expect((await journalOf(bench)).state).toEqual({ n: 2 });
  });

  it("that fails has written nothing, says so, and is not tried again with the same deps", async () => {
    const bench = new Bench(
      planOf({
        e: effect("[]", "(deps, { state }) => { state.set('x', 1); throw new Error('no'); }"),
        f: effect("[ctx.state.get('none').deep]", LOG),
        a: task({ onFinished: set("y", "1") }),
      }),
    );
    expect((await bench.run()).status).toBe("finished");
    expect((await journalOf(bench)).state).toEqual({ y: 1 });
    expect(bench.nodes("handler.failed")).toEqual(["e"]);
    expect(bench.nodes("effect.failed")).toEqual(["f"]);
  });

  it("that ran is not run again by a resume", async () => {
    const bench = new Bench(
      planOf({
        e: effect("['fixed']", LOG),
        v: effect("['volatile']", "(deps, { vol }) => vol.set('x', 1)"),
        gate: { kind: "approval", output: "decision" },
      }),
    );
    expect((await bench.run()).status).toBe("waiting");
    expect((await bench.resume()).status).toBe("waiting");
    expect((await journalOf(bench)).state).toEqual({ log: [["run", "fixed"]] });
  });

  it("at the address of another is refused", async () => {
    const bench = new Bench(planOf({ e: effect("[]", LOG, { id: "x" }), f: effect("[]", LOG, { id: "x" }) }));
    expect((await bench.run()).reason).toMatch(/two nodes are mounted at x: e and f/);
  });

  it("that comes back to the same deps for the 4th time in its last 10 runs is an EffectLoopError", async () => {
    const flip = "([on], { state }) => state.set('on', !on)";
    const bench = new Bench(planOf({ e: effect("[ctx.state.get('on', false)]", flip, { id: "flip" }) }));
    const result = await bench.run({ storm: { repeats: 100 } });
    expect(result.status).toBe("failed");
    expect(result.reason).toMatch(
      /EffectLoopError: the effect flip would run with the deps \[false\] for the 4th time/,
    );
    expect(bench.nodes("effect.ran")).toHaveLength(6);
    // The state is intact, and a resume may go on from it.
    expect((await journalOf(bench)).state).toEqual({ on: false });
  });
});

describe("15: a run that goes on by itself", () => {
  /** Counts up for ever: no deps and no state come back. */
  const counting = effect("[ctx.state.get('n', 0)]", "([n], { state }) => state.set('n', n + 1)");

  it("and comes back to the same state is stalled, with its state intact, and can be resumed", async () => {
    const bench = new Bench(
      planOf({
        // Deps that differ each time: of the state that comes back only one part is looked at.
        e: effect(
          "[ctx.now(), ctx.state.get('on', false)]",
          "(deps, { state }) => { state.update('on', (on) => !on); }",
        ),
        gate: { kind: "approval", output: "decision" },
      }),
    );
    bench.clock.now = ticking(bench.clock.now());
    const result = await bench.run();
    expect(result).toMatchObject({ status: "stalled" });
    expect(result.reason).toMatch(/^loop_detected: effects came back to the same state for the 4th time/);
    const { state } = await journalOf(bench);
    expect(state.on).toBeTypeOf("boolean");
    const again = await bench.resume();
    expect(again.status).toBe("stalled");
    expect((await framesOf(bench)).filter(({ cause }) => cause === "state").length).toBeGreaterThan(10);
  });

  it.each([
    ["10 frames in a second", {}, 11, /made 11 frames within a second; the limit is 10/],
    ["so many in a minute", { framesPerSecond: 1e9, framesPerMinute: 20 }, 21, /21 frames within a minute/],
    [
      "so many in all",
      { framesPerSecond: 1e9, framesPerMinute: 1e9, framesPerRun: 30 },
      31,
      /31 frames without/,
    ],
  ])("is held after %s", async (_, storm, frames, reason) => {
    const bench = new Bench(planOf({ counting }));
    const result = await bench.run({ storm });
    expect(result).toMatchObject({ status: "stalled" });
    expect(result.reason).toMatch(reason);
    expect((await journalOf(bench)).state).toEqual({ n: frames });
  });

  it("is let go on by a fact from outside: frames that results make count for nothing", async () => {
    const nodes: { [key: string]: TestNode } = {
      e: effect("[ctx.outputs.row.length]", "([n], { state }) => state.set('n', n)"),
    };
    for (let i = 0; i < 30; i++) nodes[`t${i}`] = value(i);
    const bench = new Bench(planOf(nodes));
    expect((await bench.run()).status).toBe("finished");
    expect((await journalOf(bench)).state).toEqual({ n: 30 });
  });

  it("is let go on by signals and timers too, however many frames follow each other", async () => {
    const counted = (more: { readonly [key: string]: TestNode }) =>
      new Bench(
        planOf({
          l: { kind: "loop", maxIterations: 15 },
          ...more,
          e: effect("[ctx.iteration]", "([n], { state }) => state.set('n', n)", { parent: "l" }),
        }),
      );
    const told = counted({ pay: { kind: "wait", event: "paid", output: "row", parent: "l" } as TestNode });
    let sent = 0;
    const sending = (take: (signal: object, done: () => void) => void): (() => void) => {
      const next = (): void => {
        if (sent === 15) return;
        const signal = { name: "paid", correlationId: null, payload: { v: sent++ }, by: "t", at: 1 };
        // Each once the effect of the one before has written.
        take(signal, () => setTimeout(next, 2));
      };
      next();
      return () => {};
    };
    expect((await told.run({ requests: sending as never, wait: true })).status).toBe("finished");
    const rung = counted({ nap: { kind: "timer", duration: "10ms", parent: "l" } as TestNode });
    expect((await rung.run()).status).toBe("finished");
    for (const bench of [told, rung]) {
      const began = (await framesOf(bench))[0]?.now ?? 0;
      const inner = (await framesOf(bench)).filter(({ cause }) => cause === "state");
      // More than the limit of a second, within one.
      expect(inner.length).toBeGreaterThan(10);
      expect((inner.at(-1)?.now ?? Number.NaN) - began).toBeLessThan(1_000);
      expect((await journalOf(bench)).state).toEqual({ n: 14 });
    }
  });

  it("lets what runs end first, and keeps what it gave", async () => {
    const bench = new Bench(
      planOf({
        p: { kind: "parallel" },
        counting: { ...counting, parent: "p" } as TestNode,
        slow: { kind: "task", parent: "p", output: "row", agent: "a", prompt: "go" },
        after: value(2),
      }),
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        return done({ v: 1 });
      },
    );
    const result = await bench.run();
    expect(result.status).toBe("stalled");
    expect(result.outputs.row).toMatchObject([{ v: 1 }]);
    expect(bench.nodes("task.started")).toEqual(["slow"]);
  });
});

/** A clock that goes on by 200 ms whenever somebody looks. */
function ticking(from: number): () => number {
  let now = from;
  return () => {
    now += 200;
    return now;
  };
}
