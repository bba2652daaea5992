/** What a failure in a branch of a parallel does to the others, and to what is around. */
import { describe, expect, it } from "vitest";
import { Bench, done, executorsOf, failed } from "../test/engine.ts";
import { planOf, type TestNode } from "../test/plans.ts";
import { memoryReader } from "./store/index.ts";

type Nodes = { readonly [key: string]: TestNode };
const agent = (parent: string, more: object = {}): TestNode =>
  ({ kind: "task", parent, agent: "a", prompt: "p", output: "row", retries: 0, ...more }) as TestNode;
const sequence = (parent: string, more: object = {}): TestNode =>
  ({ kind: "sequence", parent, ...more }) as TestNode;
const parallelOf = (failurePolicy: string | undefined, more: object = {}): TestNode =>
  ({ kind: "parallel", ...(failurePolicy && { failurePolicy }), ...more }) as TestNode;

/** Two branches: `bad` and then `behind` it; `slow` and then `next`. */
const two = (failurePolicy: string | undefined, more: Nodes = {}): Nodes => ({
  p: parallelOf(failurePolicy),
  one: sequence("p"),
  bad: agent("one"),
  behind: agent("one"),
  other: sequence("p"),
  slow: agent("other"),
  next: agent("other"),
  ...more,
  after: agent("w"),
});

/** `bad…` fails while `broken`; `slow…` takes 30 ms, or until it is aborted. */
const work = (broken: boolean) =>
  executorsOf((_, { address: { nodeId }, signal }) => {
    if (nodeId.startsWith("bad") && broken) return failed(`${nodeId} is broken`, false);
    if (!nodeId.startsWith("slow")) return done({ v: nodeId });
    return new Promise((resolve) => {
      const aborted = { code: "CANCELLED", message: "aborted", retryable: true };
      signal.addEventListener("abort", () => resolve({ ok: false, error: aborted }), { once: true });
      setTimeout(() => resolve(done({ v: nodeId })), 30);
    });
  });
const benchOf = (nodes: Nodes): Bench => new Bench(planOf(nodes));

const ids = ({ outputs }: { readonly outputs: { readonly [table: string]: readonly object[] } }) =>
  (outputs.row ?? []).map((row) => (row as { nodeId: string }).nodeId);

const stateOf = async (bench: Bench, id: string): Promise<string | undefined> =>
  (await memoryReader(bench.space).journal()).tasks.find(({ nodeId }) => nodeId === id)?.state;

describe("a parallel with a failure in one of its branches", () => {
  it("by default lets what is in flight end, starts nothing more and fails the run", async () => {
    for (const policy of [undefined, "fail"]) {
      const bench = benchOf(two(policy));
      const result = await bench.run({ executors: work(true) });
      expect(result).toMatchObject({ status: "failed", reason: "bad failed: PROVIDER: bad is broken" });
      expect(ids(result)).toEqual(["slow"]);
    }
  });

  it("fail-fast: aborts what is in flight beside it; a resume does that again", async () => {
    const bench = benchOf(two("fail-fast"));
    const result = await bench.run({ executors: work(true) });
    expect(result).toMatchObject({
      status: "failed",
      reason: "p failed: PROVIDER: bad failed: bad is broken",
    });
    expect(ids(result)).toEqual([]);
    expect(bench.nodes("task.cancelled")).toEqual(["slow"]);
    expect(await stateOf(bench, "slow")).toBe("cancelled");
    const resumed = await bench.resume({ executors: work(false) });
    expect(resumed.status).toBe("finished");
    expect(ids(resumed).sort()).toEqual(["after", "bad", "behind", "next", "slow"]);
  });

  it("finish: the others go on to their end, then the run fails; a resume retries what failed and only that", async () => {
    const bench = benchOf(two("finish"));
    const result = await bench.run({ executors: work(true) });
    expect(result).toMatchObject({
      status: "failed",
      reason: "p failed: PROVIDER: bad failed: bad is broken",
    });
    expect(ids(result)).toEqual(["slow", "next"]);
    expect(bench.events.find(({ type }) => type === "task.failed")?.data).toMatchObject({
      nodeId: "bad",
      caught: "p",
      branch: true,
    });
    const resumed = await bench.resume({ executors: work(false) });
    expect(resumed.status).toBe("finished");
    expect(ids(resumed)).toEqual(["slow", "next", "bad", "behind", "after"]);
    expect(bench.nodes("task.started").filter((id) => id === "slow")).toHaveLength(1);
  });

  it("finish: across a crash nothing that failed is tried again before the others have ended", async () => {
    const bench = benchOf(two("finish"));
    const stop = new AbortController();
    const onEvent = (event: (typeof bench.events)[number]): void => {
      bench.events.push(event);
      if (event.type === "task.failed") stop.abort();
    };
    await bench.run({ executors: work(true), onEvent, signal: stop.signal });
    const resumed = await bench.resume({ executors: work(true) });
    expect(resumed).toMatchObject({
      status: "failed",
      reason: "p failed: PROVIDER: bad failed: bad is broken",
    });
    expect(ids(resumed)).toEqual(["slow", "next"]);
    expect(bench.nodes("task.started").filter((id) => id === "bad")).toHaveLength(1);
  });

  it("continue: counts as done, the failure stays recorded, and what waits for the branch is told", async () => {
    const bench = benchOf(
      two("continue", {
        reader: agent("w", {
          prompt: { $: "ctx.output('row', { nodeId: 'behind' }).v" },
          continueOnFail: true,
        }),
      }),
    );
    const result = await bench.run({ executors: work(true) });
    expect(result).toMatchObject({ status: "finished" });
    expect(ids(result)).toEqual(["slow", "next", "after"]);
    expect(await stateOf(bench, "bad")).toBe("failed");
    expect(await stateOf(bench, "behind")).toBe("skipped");
    expect(await stateOf(bench, "p")).toBe("finished");
    const failure = bench.events.find(({ type, data }) => type === "task.failed" && data.nodeId === "reader");
    expect(failure?.data).toMatchObject({ code: "UPSTREAM_NO_OUTPUT" });
  });

  it("continue: each item of a list is a branch, also in a group; all may fail", async () => {
    const nodes: Nodes = {
      p: parallelOf("continue", { maxConcurrency: 2 }),
      g: { kind: "group", parent: "p", values: { list: { expr: "['a', 'b', 'c']", reads: [] } } } as TestNode,
      s: sequence("g", { each: { of: "list", as: "x" } }),
      first: agent("s", { id: { $: "`bad-${x}`" } }),
      then: agent("s", { id: { $: "`then-${x}`" } }),
      after: agent("w"),
    };
    const bench = benchOf(nodes);
    const some = executorsOf((_, { address: { nodeId } }) =>
      nodeId === "bad-b" ? failed("no", false) : done({ v: nodeId }),
    );
    const result = await bench.run({ executors: some });
    expect(result.status).toBe("finished");
    expect(ids(result).sort()).toEqual(["after", "bad-a", "bad-c", "then-a", "then-c"]);
    const none = await benchOf(nodes).run({ executors: work(true) });
    expect(none.status).toBe("finished");
    expect(ids(none)).toEqual(["after"]);
  });

  it("in a try: what is passed on is caught, and the branch's own try comes first", async () => {
    const bench = benchOf({
      t: { kind: "try", id: "t" } as TestNode,
      tt: sequence("t", { role: "try" }),
      p: parallelOf("finish", { parent: "tt" }),
      bad: agent("p"),
      slow: agent("p"),
      inner: { kind: "try", id: "inner", parent: "p" } as TestNode,
      it: sequence("inner", { role: "try" }),
      bad2: agent("it"),
      ic: sequence("inner", { role: "catch" }),
      mended: agent("ic"),
      tc: sequence("t", { role: "catch" }),
      c: agent("tc", { prompt: { $: "ctx.failure('t').nodeId" } }),
      after: agent("w"),
    });
    const result = await bench.run({ executors: work(true) });
    expect(result.status).toBe("finished");
    expect(ids(result)).toEqual(["mended", "slow", "c", "after"]);
    expect(await stateOf(bench, "p")).toBe("failed");
    expect((await bench.resume({ executors: work(false) })).status).toBe("finished");
  });

  it("in a saga: the failure is passed on once the other branches have ended, and then all is undone", async () => {
    const bench = benchOf({
      s: { kind: "saga", id: "s" } as TestNode,
      a1: sequence("s", { role: "action", step: "one" }),
      one: agent("a1"),
      c1: sequence("s", { role: "compensation", step: "one" }),
      unone: agent("c1"),
      a2: sequence("s", { role: "action", step: "two" }),
      p: parallelOf("finish", { parent: "a2" }),
      bad: agent("p"),
      slow: agent("p"),
    });
    const result = await bench.run({ executors: work(true) });
    expect(result.status).toBe("finished");
    expect(ids(result)).toEqual(["one", "slow", "unone"]);
  });

  it("in a compensation: what it passes on fails the run, and a resume tries it again", async () => {
    const bench = benchOf({
      s: { kind: "saga", id: "s" } as TestNode,
      a1: sequence("s", { role: "action", step: "one" }),
      one: agent("a1"),
      c1: sequence("s", { role: "compensation", step: "one" }),
      p: parallelOf("finish", { parent: "c1" }),
      bad2: agent("p"),
      slow: agent("p"),
      a2: sequence("s", { role: "action", step: "two" }),
      bad: agent("a2"),
      after: agent("w"),
    });
    const result = await bench.run({ executors: work(true) });
    expect(result.status).toBe("failed");
    expect(result.reason).toContain("bad2 is broken");
    expect(ids(result)).toEqual(["one", "slow"]);
    const resumed = await bench.resume({ executors: work(false) });
    expect(resumed.status).toBe("finished");
    expect(ids(resumed)).toEqual(["one", "slow", "bad2", "after"]);
  });

  it("in another one: the inner parallel is a branch of the outer, and a resume retries through both", async () => {
    const bench = benchOf({
      p: parallelOf("finish"),
      q: parallelOf("finish", { parent: "p" }),
      bad: agent("q"),
      slow: agent("q"),
      r: parallelOf("continue", { parent: "p" }),
      bad2: agent("r"),
      fine: agent("r"),
      after: agent("w"),
    });
    const result = await bench.run({ executors: work(true) });
    expect(result).toMatchObject({ status: "failed" });
    expect(result.reason).toBe("p failed: PROVIDER: bad failed: bad is broken");
    expect(ids(result)).toEqual(["fine", "slow"]);
    const resumed = await bench.resume({ executors: work(false) });
    expect(resumed.status).toBe("finished");
    // What failed where it was to be of no account stays so.
    expect(ids(resumed)).toEqual(["fine", "slow", "bad", "after"]);
  });

  it("in a loop: each iteration has its own, and a loop inside is a branch", async () => {
    const bench = benchOf({
      l: { kind: "loop", maxIterations: 2 } as TestNode,
      p: parallelOf("continue", { parent: "l" }),
      flaky: agent("p"),
      m: { kind: "loop", parent: "p", maxIterations: 1, onMaxReached: "fail", until: "false" } as TestNode,
      x: agent("m"),
      after: agent("w"),
    });
    const executors = executorsOf((_, { address: { nodeId, iteration } }) =>
      nodeId === "flaky" && iteration === 0 ? failed("no", false) : done({ v: nodeId }),
    );
    const result = await bench.run({ executors });
    expect(result.status).toBe("finished");
    expect(ids(result)).toEqual(["x", "flaky", "x", "after"]);
    const { tasks } = await memoryReader(bench.space).journal();
    expect(tasks.filter(({ kind }) => kind === "parallel").map(({ state }) => state)).toEqual([
      "finished",
      "finished",
    ]);
  });

  it("fail-fast: a try beside it does what it does in every outcome, and then a resume has nothing to try again", async () => {
    const bench = benchOf({
      p: parallelOf("fail-fast"),
      bad: agent("p"),
      t: { kind: "try", id: "t", parent: "p" } as TestNode,
      tt: sequence("t", { role: "try" }),
      slow: agent("tt"),
      tf: sequence("t", { role: "finally" }),
      f: agent("tf"),
    });
    const result = await bench.run({ executors: work(true) });
    expect(result.status).toBe("failed");
    expect(ids(result)).toEqual(["f"]);
    expect((await bench.resume({ executors: work(false) })).status).toBe("failed");
    expect(bench.nodes("task.started")).toEqual(["bad", "slow", "f"]);
  });

  it("fail-fast: what waits to be tried again is not, and is tried again by a resume", async () => {
    const bench = benchOf({ p: parallelOf("fail-fast"), again: agent("p", { retries: 3 }), bad: agent("p") });
    const executors = executorsOf((_, { address: { nodeId } }) =>
      nodeId === "bad"
        ? new Promise((resolve) => setTimeout(() => resolve(failed("no", false)), 20))
        : failed("busy", true, { retryAfterMs: 60_000 }),
    );
    bench.clock.frozen = true;
    expect((await bench.run({ executors })).status).toBe("failed");
    expect(await stateOf(bench, "again")).toBe("cancelled");
    bench.clock.frozen = false;
    expect((await bench.resume({ executors: work(false) })).status).toBe("finished");
  });

  it("keeps its maxConcurrency, and a failure makes room", async () => {
    const bench = benchOf({
      p: parallelOf("continue", { maxConcurrency: 1 }),
      bad: agent("p"),
      b: agent("p"),
      c: agent("p"),
    });
    let running = 0;
    let most = 0;
    const executors = executorsOf(async (_, { address: { nodeId } }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      return nodeId === "bad" ? failed("no", false) : done({ v: 1 });
    });
    expect((await bench.run({ executors })).status).toBe("finished");
    expect(bench.nodes("task.started")).toEqual(["bad", "b", "c"]);
    expect(most).toBe(1);
  });

  it("a denied approval stays denied at a resume", async () => {
    const bench = benchOf({
      p: parallelOf("finish"),
      ok: { kind: "approval", parent: "p", output: "ok", title: "?" } as TestNode,
      bad: agent("p"),
    });
    const script = { answers: [], approvals: [{ node: "ok", approved: false, note: null }] };
    const result = await bench.run({ executors: work(true), script: script as never });
    expect(result.status).toBe("failed");
    const resumed = await bench.resume({ executors: work(false), script: script as never });
    expect(resumed).toMatchObject({ status: "failed" });
    expect(resumed.reason).toContain("DENIED");
    expect(ids(resumed)).toEqual(["bad"]);
  });
});
