/** Tries and sagas (SEMANTICS 26): what becomes of a failure inside, and what is done in every outcome. */
import { describe, expect, it } from "vitest";
import type { Json } from "../plan/types.ts";
import { Bench, done, executorsOf, failed } from "../test/engine.ts";
import { planOf, type TestNode } from "../test/plans.ts";
import type { StopRequest } from "./interpreter/run.ts";

const SCHEMAS = { row: "z.object({ v: z.union([z.string(), z.number()]) })", decision: "z.looseObject({})" };
const AGENTS = { a: { kind: "anthropic", options: {} } };

type Nodes = { readonly [key: string]: TestNode };

/** An agent task that does what its id says: `bad…` fails, the others give their id. */
const task = (parent: string, more: object = {}): TestNode =>
  ({ kind: "task", parent, agent: "a", prompt: "p", output: "row", retries: 0, ...more }) as TestNode;
const part = (parent: string, role: string, more: object = {}): TestNode =>
  ({ kind: "sequence", parent, role, ...more }) as TestNode;

/** `names` of tasks by the part of the try `t` that holds them. */
function tryOf(parts: { readonly [role: string]: readonly string[] }, more: object = {}): Nodes {
  const nodes: { [key: string]: TestNode } = { t: { kind: "try", id: "t", ...more } as TestNode };
  for (const [role, names] of Object.entries(parts)) {
    nodes[`t/${role}`] = part("t", role);
    for (const name of names) nodes[name] = task(`t/${role}`);
  }
  return nodes;
}

function sagaOf(names: readonly string[], more: object = {}): Nodes {
  const nodes: { [key: string]: TestNode } = { s: { kind: "saga", id: "s", ...more } as TestNode };
  for (const name of names) {
    nodes[`${name}/action`] = part("s", "action", { step: name });
    nodes[name] = task(`${name}/action`);
    nodes[`${name}/compensation`] = part("s", "compensation", { step: name });
    nodes[`un${name}`] = task(`${name}/compensation`);
  }
  return nodes;
}

const benchOf = (nodes: Nodes, broken: ReadonlySet<string> = new Set()): Bench =>
  new Bench(planOf(nodes, { schemas: SCHEMAS, agents: AGENTS }), (_, { address }) => {
    const { nodeId } = address;
    const isBad = nodeId.startsWith("bad") || broken.has(nodeId);
    return isBad ? failed(`${nodeId} is broken`, false) : done({ v: nodeId });
  });

const ids = ({ outputs }: { readonly outputs: { readonly [table: string]: readonly object[] } }) =>
  (outputs.row ?? []).map((row) => (row as { nodeId: Json }).nodeId);

/** A run that a person cancels when `node` starts. */
function cancelling(bench: Bench, node: string, status = "task.started") {
  let take: (request: StopRequest, done: () => void) => void = () => {};
  let sent = false;
  return {
    requests: ((given: typeof take) => {
      take = given;
      return () => {};
    }) as never,
    onEvent: (event: (typeof bench.events)[number]) => {
      bench.events.push(event);
      if (sent || event.type !== status || event.data.nodeId !== node) return;
      sent = true;
      take({ stop: "cancel", by: "ann", at: 1 }, () => {});
    },
  };
}

/** Tasks with these names go on until they are aborted. */
const waiting = (names: readonly string[]) =>
  executorsOf((_, { address, signal }) =>
    names.includes(address.nodeId)
      ? new Promise((resolve) => {
          const end = (): void =>
            resolve({ ok: false, error: { code: "CANCELLED", message: "aborted", retryable: true } });
          signal.addEventListener("abort", end, { once: true });
        })
      : done({ v: address.nodeId }),
  );

describe("a try", () => {
  it("that goes well runs its finally and no catch", async () => {
    const bench = benchOf({ ...tryOf({ try: ["a"], catch: ["c"], finally: ["f"] }), after: task("w") });
    const result = await bench.run();
    expect(result.status).toBe("finished");
    expect(ids(result)).toEqual(["a", "f", "after"]);
  });

  it("gives the error to its catch as data, starts nothing more of its try, and lets the run go on", async () => {
    const nodes = tryOf({ try: ["bad", "b"], catch: [], finally: ["f"] });
    const bench = benchOf({
      ...nodes,
      c: {
        kind: "task",
        parent: "t/catch",
        output: "row",
        payload: {
          $: "(() => { const e = ctx.failure('t'); return { v: `${e.code} ${e.summary} ${e.nodeId}` }; })()",
        },
      } as TestNode,
      after: task("w"),
    });
    const result = await bench.run();
    expect(result.status).toBe("finished");
    expect(result.outputs.row).toMatchObject([
      { v: "PROVIDER bad is broken bad" },
      { v: "f" },
      { v: "after" },
    ]);
    expect(bench.nodes("task.failed")).toEqual(["bad"]);
    expect(bench.events.find(({ type }) => type === "task.failed")?.data).toMatchObject({ caught: "t" });
    expect(bench.nodes("try.catch")).toEqual(["t"]);
    // Nothing that was caught is tried again.
    expect((await bench.resume()).status).toBe("finished");
    expect(bench.nodes("task.started")).toEqual(["bad", "c", "f", "after"]);
  });

  it("mounts the catch once what is in flight beside the failure has ended", async () => {
    const bench = benchOf({
      ...tryOf({ try: [], catch: ["c"] }),
      p: { kind: "parallel", parent: "t/try" },
      bad: task("p"),
      slow: task("p", { retries: 1 }),
      late: task("t/try"),
    });
    let release: (() => void) | undefined;
    const executors = executorsOf((_, { address }) => {
      if (address.nodeId === "slow")
        return new Promise((resolve) => {
          release = () => resolve(done({ v: "slow" }));
        });
      if (address.nodeId === "bad") {
        setTimeout(() => {
          expect(bench.nodes("task.failed")).toEqual(["bad"]);
          expect(bench.nodes("task.started")).toEqual(["bad", "slow"]);
          release?.();
        }, 20);
        return failed("no", false);
      }
      return done({ v: address.nodeId });
    });
    expect(ids(await bench.run({ executors }))).toEqual(["slow", "c"]);
  });

  it("does not wait for another try of what failed beside it", async () => {
    const bench = benchOf({
      ...tryOf({ try: [], catch: ["c"] }),
      p: { kind: "parallel", parent: "t/try" },
      again: task("p", { retries: 5 }),
      bad: task("p", { dependsOn: [] }),
    });
    const executors = executorsOf((_, { address }) => {
      if (address.nodeId === "again") return failed("later", true);
      if (address.nodeId === "bad")
        return new Promise((resolve) => setTimeout(() => resolve(failed("no", false)), 3));
      return done({ v: address.nodeId });
    });
    bench.clock.frozen = true;
    const result = await bench.run({ executors });
    expect(result.status).toBe("finished");
    expect(ids(result)).toEqual(["c"]);
  });

  it("that is not for this error runs its finally, once, and the run fails for good", async () => {
    const bench = benchOf({
      ...tryOf({ try: ["bad"], catch: ["c"], finally: ["f"] }, { catchErrors: ["TASK_TIMEOUT"] }),
      after: task("w"),
    });
    const result = await bench.run();
    expect(result).toMatchObject({
      status: "failed",
      reason: "t failed: PROVIDER: bad failed: bad is broken",
    });
    expect(ids(result)).toEqual(["f"]);
    expect(await bench.resume()).toMatchObject({ status: "failed", reason: result.reason });
    expect(bench.nodes("task.started")).toEqual(["bad", "f"]);
  });

  it("without catch and finally is a sequence: a resume tries what failed again", async () => {
    const broken = new Set(["a"]);
    const bench = benchOf({ ...tryOf({ try: ["a"] }), after: task("w") }, broken);
    expect((await bench.run()).status).toBe("failed");
    broken.clear();
    expect(ids(await bench.resume())).toEqual(["a", "after"]);
  });

  it("knows the names of the public library for the same errors", async () => {
    const slow = { onTimeout: "fail", timeoutMs: 50 };
    const wait = {
      kind: "wait",
      parent: "t/try",
      event: "go",
      output: "row",
      ...slow,
    } as unknown as TestNode;
    const bench = benchOf({ ...tryOf({ try: [], catch: ["c"] }, { catchErrors: ["TASK_TIMEOUT"] }), wait });
    expect(ids(await bench.run({ wait: true }))).toEqual(["c"]);
  });

  it("runs its finally after a catch that fails, and passes that failure on to the try around it", async () => {
    const bench = benchOf({
      outer: { kind: "try", id: "outer" } as TestNode,
      "outer/try": part("outer", "try"),
      ...tryOf({ try: ["bad"], catch: ["bad2"], finally: ["f"] }, { parent: "outer/try" }),
      never: task("outer/try"),
      "outer/catch": part("outer", "catch"),
      rescue: {
        kind: "task",
        parent: "outer/catch",
        output: "row",
        payload: { $: "({ v: ctx.failure('outer').nodeId })" },
      } as TestNode,
      after: task("w"),
    });
    const result = await bench.run();
    expect(result.status).toBe("finished");
    expect(ids(result)).toEqual(["f", "rescue", "after"]);
    expect(result.outputs.row?.[1]).toMatchObject({ v: "bad2" });
  });

  it("catches a denial, and a loop that reached its bound", async () => {
    const bench = benchOf({
      ...tryOf({ try: [], catch: ["c"] }),
      ok: { kind: "approval", parent: "t/try", output: "decision" } as TestNode,
    });
    const script = { agents: {}, approvals: [{ node: "ok", approved: false, note: null }] };
    expect(ids(await bench.run({ script: script as never }))).toEqual(["c"]);
    const bound = benchOf({
      ...tryOf({ try: [], catch: ["c"] }),
      l: { kind: "loop", parent: "t/try", maxIterations: 1, until: "false", onMaxReached: "fail" },
      a: task("l"),
    });
    expect(ids(await bound.run())).toEqual(["a", "c"]);
  });

  it("in a loop begins anew in each iteration", async () => {
    const bench = benchOf({
      l: { kind: "loop", maxIterations: 2 },
      ...tryOf({ try: ["bad"], catch: ["c"], finally: ["f"] }, { parent: "l" }),
    });
    const result = await bench.run();
    expect(result.status).toBe("finished");
    expect(ids(result)).toEqual(["c", "f", "c", "f"]);
  });

  it("runs its finally when the loop around it ends in mid-body, and when a try around it fails elsewhere", async () => {
    const loop = benchOf({
      l: { kind: "loop", maxIterations: 9, until: "ctx.outputs.row.some((r) => r.nodeId === 'a')" },
      ...tryOf({ try: ["a", "b"], catch: ["c"], finally: ["f"] }, { parent: "l" }),
      after: task("w"),
    });
    expect(ids(await loop.run())).toEqual(["a", "f", "after"]);
    const nested = benchOf({
      outer: { kind: "try", id: "outer" } as TestNode,
      "outer/try": part("outer", "try"),
      p: { kind: "parallel", parent: "outer/try" },
      ...tryOf({ try: ["a", "bad"], catch: ["never"], finally: ["f"] }, { parent: "p" }),
      bad1: task("p", { dependsOn: ["a"] }),
      "outer/catch": part("outer", "catch"),
      c: task("outer/catch"),
    });
    const executors = executorsOf((_, { address }) => {
      if (address.nodeId === "bad")
        return new Promise((resolve) => setTimeout(() => resolve(done({ v: "late" })), 20));
      return address.nodeId === "bad1" ? failed("no", false) : done({ v: address.nodeId });
    });
    expect(ids(await nested.run({ executors }))).toEqual(["a", "bad", "f", "c"]);
  });

  it("runs its finally when the run is cancelled, and nothing else; a resume starts nothing", async () => {
    const bench = benchOf({
      ...tryOf({ try: ["a", "slow", "b"], catch: ["c"], finally: ["f", "g"] }),
      after: task("w"),
    });
    const executors = waiting(["slow"]);
    const result = await bench.run({ executors, ...cancelling(bench, "slow") });
    expect(result.status).toBe("cancelled");
    expect(result.reason).toContain("cancelled by ann");
    expect(ids(result)).toEqual(["a", "f", "g"]);
    expect(await bench.resume({ executors })).toMatchObject({ status: "cancelled" });
    expect(bench.nodes("task.started")).toEqual(["a", "slow", "f", "g"]);
  });

  it("lets its finally go on where it runs when the run is cancelled, across a crash as well", async () => {
    const bench = benchOf(tryOf({ try: ["a"], finally: ["f", "g"] }));
    const ended = await bench.run({ executors: waiting([]), ...cancelling(bench, "f") });
    expect(ended.status).toBe("cancelled");
    expect(ids(ended)).toEqual(["a", "f", "g"]);
    const crashed = benchOf({ ...tryOf({ try: ["a", "slow"], finally: ["f", "g"] }), after: task("w") });
    const interrupt = new AbortController();
    const asked = cancelling(crashed, "slow");
    const onEvent = (event: (typeof crashed.events)[number]): void => {
      asked.onEvent(event);
      if (event.type === "task.started" && event.data.nodeId === "g") interrupt.abort();
    };
    const executors = waiting(["slow", "g"]);
    await crashed.run({ executors, requests: asked.requests, onEvent, signal: interrupt.signal });
    const resumed = await crashed.resume({ executors: waiting([]) });
    expect(resumed.status).toBe("cancelled");
    expect(ids(resumed)).toEqual(["a", "f", "g"]);
  });

  it("that had not had its turn when the run was cancelled does nothing", async () => {
    const bench = benchOf({ slow: task("w"), ...tryOf({ try: ["a"], finally: ["f"] }) });
    const result = await bench.run({ executors: waiting(["slow"]), ...cancelling(bench, "slow") });
    expect(result.status).toBe("cancelled");
    expect(ids(result)).toEqual([]);
    expect(ids(await bench.resume({ executors: waiting([]) }))).toEqual(["slow", "a", "f"]);
  });
});

describe("a saga", () => {
  it("undoes what ended well in reverse order, and the run goes on", async () => {
    const bench = benchOf({ ...sagaOf(["a", "b", "bad", "d"]), after: task("w") });
    const result = await bench.run();
    expect(result.status).toBe("finished");
    expect(ids(result)).toEqual(["a", "b", "unb", "una", "after"]);
    expect(bench.nodes("saga.compensating")).toEqual(["s"]);
  });

  it("undoes nothing when all went well, and nothing that was skipped", async () => {
    expect(ids(await benchOf(sagaOf(["a", "b"])).run())).toEqual(["a", "b"]);
    const nodes = sagaOf(["a", "b", "bad"]);
    const bench = benchOf({ ...nodes, b: { ...nodes.b, skipIf: "true" } as TestNode });
    expect(ids(await bench.run())).toEqual(["a", "una"]);
  });

  it("fails after it has undone everything, when told so; a resume does not begin again", async () => {
    const bench = benchOf({
      ...sagaOf(["a", "bad"], { onFailure: "compensate-and-fail" }),
      after: task("w"),
    });
    const result = await bench.run();
    expect(result).toMatchObject({
      status: "failed",
      reason: "s failed: PROVIDER: bad failed: bad is broken",
    });
    expect(ids(result)).toEqual(["a", "una"]);
    expect((await bench.resume()).status).toBe("failed");
    expect(bench.nodes("task.started")).toEqual(["a", "bad", "una"]);
  });

  it("that only fails is tried again from where it failed", async () => {
    const broken = new Set(["b"]);
    const bench = benchOf(sagaOf(["a", "b"], { onFailure: "fail" }), broken);
    expect((await bench.run()).status).toBe("failed");
    broken.clear();
    expect(ids(await bench.resume())).toEqual(["a", "b"]);
  });

  it("runs the other compensations when one fails; a resume tries that one again", async () => {
    const broken = new Set(["unb"]);
    const bench = benchOf({ ...sagaOf(["a", "b", "bad"]), after: task("w") }, broken);
    const result = await bench.run();
    expect(result).toMatchObject({ status: "failed", reason: "unb failed: PROVIDER: unb is broken" });
    expect(ids(result)).toEqual(["a", "b", "una"]);
    broken.clear();
    const resumed = await bench.resume();
    expect(resumed.status).toBe("finished");
    expect(ids(resumed)).toEqual(["a", "b", "una", "unb", "after"]);
  });

  it("passes a compensation that failed on to the try around it", async () => {
    const bench = benchOf(
      {
        ...tryOf({ try: [], catch: ["c"] }),
        ...sagaOf(["a", "bad"], { parent: "t/try" }),
      },
      new Set(["una"]),
    );
    const result = await bench.run();
    expect(result.status).toBe("finished");
    expect(ids(result)).toEqual(["a", "c"]);
  });

  it("goes on with its compensations after a crash, none twice", async () => {
    const bench = benchOf(sagaOf(["a", "b", "bad"]));
    const interrupt = new AbortController();
    const onEvent = (event: (typeof bench.events)[number]): void => {
      bench.events.push(event);
      if (event.type === "task.started" && event.data.nodeId === "una") interrupt.abort();
    };
    const executors = (slow: readonly string[]) =>
      executorsOf((request, context) =>
        context.address.nodeId === "bad"
          ? failed("no", false)
          : (waiting(slow).get("agent")?.execute(request, context) as never),
      );
    const first = await bench.run({ executors: executors(["una"]), signal: interrupt.signal, onEvent });
    expect(ids(first)).toEqual(["a", "b", "unb"]);
    const second = await bench.resume({ executors: executors([]) });
    expect(second.status).toBe("finished");
    expect(ids(second)).toEqual(["a", "b", "unb", "una"]);
  });

  it("undoes what has been done when the run is cancelled", async () => {
    const bench = benchOf({ ...sagaOf(["a", "slow", "c"]), after: task("w") });
    const result = await bench.run({ executors: waiting(["slow"]), ...cancelling(bench, "slow") });
    expect(result.status).toBe("cancelled");
    expect(ids(result)).toEqual(["a", "una"]);
  });

  it("begins nothing else when the run is cancelled: asks nobody, waits for nothing", async () => {
    const bench = benchOf({
      ...tryOf({ try: ["slow"], finally: ["f"] }),
      ask: { kind: "approval", output: "decision", request: { title: "?" } } as unknown as TestNode,
      part: { kind: "phase", name: "next" } as TestNode,
      d: task("part"),
      again: { kind: "loop", until: "false" } as TestNode,
      e: task("again"),
    });
    const result = await bench.run({ executors: waiting(["slow"]), ...cancelling(bench, "slow") });
    expect(result.status).toBe("cancelled");
    expect(ids(result)).toEqual(["f"]);
    const types = bench.events.map(({ type }) => type);
    for (const type of ["approval.requested", "phase.started"]) expect(types).not.toContain(type);
  });

  it("says of a cancelled run what could not be undone, or done at the end", async () => {
    const bench = benchOf(
      { ...sagaOf(["a", "b", "c"]), ...tryOf({ try: ["slow"], finally: ["badly"] }, { parent: "c/action" }) },
      new Set(["una"]),
    );
    const broken = executorsOf((request, context) =>
      context.address.nodeId === "slow"
        ? (waiting(["slow"]).get("agent")?.execute(request, context) as never)
        : bench.work(request, context),
    );
    const result = await bench.run({ executors: broken, ...cancelling(bench, "slow") });
    expect(result).toMatchObject({
      status: "cancelled",
      reason: "cancelled by ann; what is done in every outcome has been done, but badly, una failed",
    });
    expect(ids(result)).toEqual(["a", "b", "c", "unb"]);
  });

  it("in a try undoes before the catch comes", async () => {
    const bench = benchOf({
      ...tryOf({ try: [], catch: ["c"], finally: ["f"] }),
      p: { kind: "parallel", parent: "t/try" },
      ...sagaOf(["a", "b"], { parent: "p" }),
      bad: task("p", { dependsOn: ["a"] }),
    });
    const result = await bench.run();
    expect(result.status).toBe("finished");
    expect(ids(result).slice(-3)).toEqual(["una", "c", "f"]);
  });
});
