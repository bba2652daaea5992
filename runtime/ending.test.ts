/** Stop and End: the author says where a run pauses, and where it ends. */
import { describe, expect, it } from "vitest";
import { Bench, done, executorsOf, failed } from "../test/engine.ts";
import { planOf, type TestNode } from "../test/plans.ts";
import { memoryReader } from "./store/index.ts";

type Nodes = { readonly [key: string]: TestNode };
const agent = (parent: string, more: object = {}): TestNode =>
  ({ kind: "task", parent, agent: "a", prompt: "p", output: "row", retries: 0, ...more }) as TestNode;
const stop = (more: object = {}): TestNode =>
  ({ kind: "stop", reason: "look at it first", ...more }) as TestNode;
const end = (more: object = {}): TestNode => ({ kind: "end", ...more }) as TestNode;
const part = (parent: string, role: string): TestNode => ({ kind: "sequence", parent, role }) as TestNode;
const parallel: TestNode = { kind: "parallel" };

const benchOf = (nodes: Nodes): Bench =>
  new Bench(planOf(nodes), (_, { address }) => done({ v: address.nodeId }));

const ids = ({ outputs }: { readonly outputs: { readonly [table: string]: readonly object[] } }) =>
  (outputs.row ?? []).map((row) => (row as { nodeId: string }).nodeId);

/** `slow…` takes until it is aborted, or 30 ms where `ends`. */
const slowly = (ends: boolean) =>
  executorsOf((_, { address: { nodeId }, signal }) =>
    nodeId.startsWith("slow")
      ? new Promise((resolve) => {
          const aborted = { code: "CANCELLED", message: "aborted", retryable: true };
          signal.addEventListener("abort", () => resolve({ ok: false, error: aborted }), { once: true });
          if (ends) setTimeout(() => resolve(done({ v: nodeId })), 30);
        })
      : done({ v: nodeId }),
  );

/** Ends the process as soon as an event of this type is on disk. */
function crashing(bench: Bench, type: string) {
  const interrupt = new AbortController();
  return {
    signal: interrupt.signal,
    onEvent: (event: (typeof bench.events)[number]): void => {
      bench.events.push(event);
      if (event.type === type) interrupt.abort();
    },
  };
}

/** A stop whose turn comes while `name` is under way. */
const besides = (name: string): Nodes => ({
  p: parallel,
  [name]: agent("p"),
  two: { kind: "sequence", parent: "p" },
  quick: agent("two"),
  s: stop({ parent: "two" }),
});

describe("a stop", () => {
  it("pauses the run with its reason when its turn comes; a resume goes on after it", async () => {
    const bench = benchOf({
      a: agent("w"),
      s: stop({ reason: { $: "`after ${ctx.outputs.row.length} row`" } }),
      b: agent("w"),
    });
    expect(await bench.run()).toMatchObject({ status: "paused", reason: "after 1 row" });
    expect(bench.nodes("task.started")).toEqual(["a"]);
    expect(bench.nodes("stop.reached")).toEqual(["s"]);
    expect(await bench.resume()).toMatchObject({ status: "finished", reason: null });
    expect(bench.nodes("task.started")).toEqual(["a", "b"]);
    expect(bench.nodes("stop.reached")).toEqual(["s"]);
  });

  it("lets what is in flight end and starts nothing more, no retry either", async () => {
    const bench = benchOf({
      p: parallel,
      one: { kind: "sequence", parent: "p" },
      slow: agent("one"),
      next: agent("one"),
      two: { kind: "sequence", parent: "p" },
      quick: agent("two"),
      s: stop({ parent: "two" }),
    });
    const result = await bench.run({ executors: slowly(true) });
    expect(result.status).toBe("paused");
    expect(ids(result)).toEqual(["quick", "slow"]);
    expect(ids(await bench.resume())).toEqual(["quick", "slow", "next"]);
  });

  it("still pauses the run whose process died between its turn and the pause", async () => {
    const bench = benchOf({ ...besides("slow"), b: agent("w") });
    const crash = crashing(bench, "stop.reached");
    expect((await bench.run({ executors: slowly(false), ...crash })).status).toBe("cancelled");
    expect(await bench.resume()).toMatchObject({ status: "paused", reason: "look at it first" });
    const result = await bench.resume();
    expect(result.status).toBe("finished");
    expect(ids(result)).toEqual(["quick", "slow", "b"]);
    expect(bench.nodes("stop.reached")).toEqual(["s"]);
  });

  it("in a loop pauses each iteration, and is skipped where it says so", async () => {
    const bench = benchOf({
      l: { kind: "loop", maxIterations: 3 } as TestNode,
      a: agent("l"),
      s: stop({ parent: "l", skipIf: "ctx.iteration === 1" }),
    });
    const statuses = [(await bench.run()).status];
    while (statuses.at(-1) === "paused") statuses.push((await bench.resume()).status);
    expect(statuses).toEqual(["paused", "paused", "finished"]);
    expect(bench.nodes("stop.reached")).toEqual(["s", "s#2"]);
  });

  it("beside a failure does not hide it, and is behind the run as well", async () => {
    const bench = benchOf({ ...besides("bad"), b: agent("w") });
    const broken = executorsOf((_, { address }) =>
      address.nodeId === "bad"
        ? new Promise((resolve) => setTimeout(() => resolve(failed("no", false)), 20))
        : done({ v: 1 }),
    );
    expect(await bench.run({ executors: broken })).toMatchObject({ status: "failed" });
    expect((await bench.resume()).status).toBe("finished");
  });

  it("where only people could go on pauses all the same, and their question stays", async () => {
    const bench = benchOf({
      p: parallel,
      ok: { kind: "approval", parent: "p", output: "ok", title: "?" } as TestNode,
      s: stop({ parent: "p" }),
    });
    expect((await bench.run()).status).toBe("paused");
    expect(await bench.resume()).toMatchObject({ status: "waiting", waitingFor: [{ nodeId: "ok" }] });
  });
});

describe("an end", () => {
  it("finishes the run with its summary: nothing after it starts, a resume changes nothing", async () => {
    const bench = benchOf({
      a: agent("w"),
      e: end({ summary: { $: "({ rows: ctx.outputs.row.length })" } }),
      b: agent("w"),
      ok: { kind: "approval", output: "ok", title: "?" } as TestNode,
    });
    const result = await bench.run();
    expect(result).toMatchObject({ status: "finished", reason: null, summary: { rows: 1 }, waitingFor: [] });
    expect(bench.nodes("task.started")).toEqual(["a"]);
    expect(await bench.resume()).toEqual(result);
    expect(bench.events.find(({ type }) => type === "end.reached")?.data).toMatchObject({
      nodeId: "e",
      status: "finished",
      summary: { rows: 1 },
    });
  });

  it("fails the run where it says so, at every resume again", async () => {
    const bench = benchOf({ e: end({ status: "failed", summary: "no budget" }), b: agent("w") });
    const expected = {
      status: "failed",
      reason: "e ended the run as failed: no budget",
      summary: "no budget",
    };
    expect(await bench.run()).toMatchObject(expected);
    expect(await bench.resume()).toMatchObject(expected);
    expect(bench.nodes("task.started")).toEqual([]);
    expect(bench.nodes("end.reached")).toEqual(["e"]);
  });

  it("aborts what is in flight and takes back every question, timer and retry", async () => {
    const bench = benchOf({
      p: parallel,
      slow: agent("p"),
      again: agent("p", { retries: 5 }),
      ok: { kind: "approval", parent: "p", output: "ok", title: "?" } as TestNode,
      nap: { kind: "timer", parent: "p", duration: "1h" } as TestNode,
      s: { kind: "sequence", parent: "p" },
      a: agent("s"),
      e: end({ parent: "s" }),
    });
    const executors = executorsOf((request, context) => {
      const { nodeId } = context.address;
      if (nodeId === "again") return failed("busy");
      if (nodeId === "a") return new Promise((resolve) => setTimeout(() => resolve(done({ v: 1 })), 20));
      return slowly(false).get("agent")!.execute(request, context);
    });
    const started = bench.clock.now();
    bench.clock.frozen = true;
    const result = await bench.run({ executors });
    expect(result).toMatchObject({ status: "finished", waitingFor: [] });
    expect(bench.clock.now()).toBe(started);
    const { tasks } = await memoryReader(bench.space).journal();
    const state = (id: string) => tasks.find(({ nodeId }) => nodeId === id)?.state;
    expect(["slow", "again", "ok", "nap"].map(state)).toEqual([
      "cancelled",
      "cancelled",
      "cancelled",
      "cancelled",
    ]);
    expect(bench.nodes("task.cancelled").toSorted()).toEqual(["again", "nap", "ok", "slow"]);
  });

  const withFinally: Nodes = {
    p: parallel,
    t: { kind: "try", id: "t", parent: "p" },
    tt: part("t", "try"),
    slow: agent("tt"),
    never: agent("tt"),
    tf: part("t", "finally"),
    f: agent("tf"),
    g: agent("tf"),
    s: { kind: "sequence", parent: "p" },
    a: agent("s"),
    e: end({ parent: "s", summary: "enough" }),
    after: agent("w"),
  };

  it("lets what is done in every outcome be done", async () => {
    const bench = benchOf(withFinally);
    const result = await bench.run({ executors: slowly(false) });
    expect(result).toMatchObject({ status: "finished", summary: "enough" });
    expect(ids(result)).toEqual(["a", "f", "g"]);
  });

  it("is an end whenever the process dies: what was in flight is not tried again, the finally goes on", async () => {
    for (const type of ["end.reached", "try.finally"]) {
      const bench = benchOf(withFinally);
      const { status } = await bench.run({ executors: slowly(false), ...crashing(bench, type) });
      expect(status, type).toBe("cancelled");
      const result = await bench.resume({ executors: slowly(false) });
      expect(result, type).toMatchObject({ status: "finished", summary: "enough" });
      expect(ids(result), type).toEqual(["a", "f", "g"]);
      expect(bench.nodes("task.started").filter((id) => id === "slow")).toHaveLength(1);
    }
  });

  it("waits for people whom a finally asks, and ends once they have answered", async () => {
    const bench = benchOf({
      ...withFinally,
      g: { kind: "approval", parent: "tf", output: "ok", title: "clean up?" } as TestNode,
    });
    expect(await bench.run({ executors: slowly(false) })).toMatchObject({
      status: "waiting",
      reason: "waits for a decision on g",
    });
    const script = { answers: [], approvals: [{ node: "g", approved: true, note: null }] };
    expect(await bench.resume({ script: script as never })).toMatchObject({
      status: "finished",
      summary: "enough",
    });
  });

  it("of two at once that of the document's first counts; after a failure none does", async () => {
    const two = benchOf({
      p: parallel,
      one: end({ parent: "p", summary: "one" }),
      two: end({ parent: "p", summary: "two" }),
    });
    expect(await two.run()).toMatchObject({ summary: "one" });
    const late = benchOf({
      p: parallel,
      bad: agent("p"),
      s: { kind: "sequence", parent: "p" },
      slow: agent("s"),
      e: end({ parent: "s" }),
    });
    const executors = executorsOf((request, context) =>
      context.address.nodeId === "bad"
        ? failed("no", false)
        : slowly(true).get("agent")!.execute(request, context),
    );
    expect(await late.run({ executors })).toMatchObject({ status: "failed" });
    expect(late.nodes("end.reached")).toEqual([]);
  });
});
