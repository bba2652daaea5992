/** How a run goes: order, loops, failures, identity, blocks (SEMANTICS 13, 17–20, 22–25, 27). */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Bench, done, failed } from "../test/engine.ts";
import { computed, planOf, type TestNode, value } from "../test/plans.ts";
import { aborted, createExecutors } from "./executors/index.ts";
import type { Clock } from "./interpreter/clock.ts";
import { systemClock } from "./interpreter/clock.ts";
import { memoryReader } from "./store/index.ts";

/** An agent task with output `row`. */
const agent = (prompt: string, more: { readonly [field: string]: unknown } = {}): TestNode =>
  ({ kind: "task", agent: "a", output: "row", prompt, ...more }) as TestNode;

describe("a run that is cancelled", () => {
  it("while a task waits to be tried again has not finished: a resume tries it", async () => {
    let tries = 0;
    const bench = new Bench(planOf({ a: agent("x") }), () =>
      tries++ === 0 ? failed("busy") : done({ v: 1 }),
    );
    bench.clock.frozen = true;
    const abort = new AbortController();
    const onEvent = ({ type }: { readonly type: string }) => type === "task.retrying" && abort.abort();
    expect(await bench.run({ signal: abort.signal, onEvent })).toMatchObject({ status: "cancelled" });
    const stop = { stop: "cancel", by: "ann", at: 1 } as const;
    expect(await bench.resume({ stop })).toMatchObject({ status: "cancelled" });
    bench.clock.frozen = false;
    expect((await bench.resume()).outputs.row).toHaveLength(1);
  });
});

describe("order", () => {
  it("runs a sequence one after another, each seeing the one before", async () => {
    const bench = new Bench(
      planOf({
        a: value(1),
        b: computed("ctx.output('row', { nodeId: 'a' }).v + 1"),
        c: computed("ctx.outputs.row.map((r) => r.v).join()"),
      }),
    );
    const result = await bench.run();
    expect(result).toMatchObject({ status: "finished", reason: null });
    expect(result.outputs.row).toEqual([
      { v: 1, nodeId: "a", iteration: 0 },
      { v: 2, nodeId: "b", iteration: 0 },
      { v: "1,2", nodeId: "c", iteration: 0 },
    ]);
    expect(bench.nodes("task.started")).toEqual(["a", "b", "c"]);
  });

  it("never has more than maxConcurrency at once, and fills a free slot at once (SEMANTICS 23)", async () => {
    let now = 0;
    let most = 0;
    let left = 4;
    let letGo = () => {};
    const othersDone = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const nodes: { [key: string]: TestNode } = { p: { kind: "parallel", maxConcurrency: 2 } };
    for (let index = 0; index < 5; index++) nodes[`t${index}`] = agent(String(index), { parent: "p" });
    const bench = new Bench(planOf(nodes), async (request) => {
      most = Math.max(most, ++now);
      // The first holds its slot until the others have gone through the second one: a barrier would never end.
      if (request.kind === "agent" && request.prompt === "0") await othersDone;
      else await sleep(1);
      now--;
      if (--left === 0) letGo();
      return done({ v: 1 });
    });
    const { status, outputs } = await bench.run();
    expect(status).toBe("finished");
    expect(most).toBe(2);
    expect(outputs.row?.at(-1)).toMatchObject({ nodeId: "t0" });
    expect(bench.nodes("task.started")).toEqual(["t0", "t1", "t2", "t3", "t4"]);
  });

  it("bounds attempts over the whole run", async () => {
    let now = 0;
    let most = 0;
    const nodes: { [key: string]: TestNode } = { p: { kind: "parallel" } };
    for (let index = 0; index < 6; index++) nodes[`t${index}`] = agent("x", { parent: "p" });
    const bench = new Bench(planOf(nodes), async () => {
      most = Math.max(most, ++now);
      await sleep(2);
      now--;
      return done({ v: 1 });
    });
    await bench.run({ maxConcurrency: 3 });
    expect(most).toBe(3);
  });

  it("tells of a task that fails before it could start, at every try, and of a loop at its bound", async () => {
    const plan = planOf({
      none: computed("ctx.outputMaybe('row', { nodeId: 'a' }).v", { continueOnFail: true }),
      l: { kind: "loop", maxIterations: 1, onMaxReached: "fail" } as TestNode,
      a: value(1, { parent: "l" }),
    });
    const bench = new Bench(plan);
    await bench.run();
    expect(bench.nodes("task.failed")).toEqual(["none", "l"]);
    expect(bench.events.find(({ type }) => type === "task.failed")?.data).toMatchObject({
      nodeId: "none",
      code: "THROWN",
      continued: true,
    });
    await bench.resume();
    expect(bench.nodes("task.failed")).toEqual(["none", "l", "l"]);
  });

  it("ends, with every other result kept, when one can't be taken up", async () => {
    const plan = planOf({
      p: { kind: "parallel" },
      a: agent("x", { parent: "p" }),
      b: agent("y", { parent: "p" }),
    });
    const bench = new Bench(plan, (_, { address }) =>
      address.nodeId === "a" ? (undefined as never) : done({ v: 1 }),
    );
    expect(await bench.run()).toMatchObject({
      status: "failed",
      reason: expect.stringContaining("the frame could not be evaluated"),
      outputs: { row: [{ v: 1, nodeId: "b" }] },
    });
  });

  it("waits for dependsOn and deps, and gives deps to the prompt (SEMANTICS 24)", async () => {
    const prompts: string[] = [];
    const plan = planOf({
      p: { kind: "parallel" },
      late: agent("late", { parent: "p", dependsOn: ["a"] }),
      sum: agent("", {
        parent: "p",
        deps: { one: "row" },
        needs: { one: "a" },
        prompt: { $: "`got ${deps.one.v}`" },
      }),
      a: value(7, { parent: "p" }),
    });
    const bench = new Bench(plan, (request) => {
      if (request.kind === "agent") prompts.push(request.prompt);
      return done({ v: 0 });
    });
    expect((await bench.run()).status).toBe("finished");
    expect(prompts.sort()).toEqual(["got 7", "late"]);
    expect(bench.nodes("task.started")[0]).toBe("a");
  });

  it("waits for nothing that `needs` names alone, and not at all for what is skipped (SEMANTICS 24)", async () => {
    const plan = planOf({
      p: { kind: "parallel" },
      named: agent("free", { parent: "p", needs: { one: "late" } }),
      skipped: agent("never", { parent: "p", skipIf: "ctx.input === null || true" }),
      behind: agent("behind", { parent: "p", dependsOn: ["skipped"] }),
      late: agent("late", { parent: "p" }),
    });
    let letGo = () => {};
    const begun = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const bench = new Bench(plan, async (request) => {
      const prompt = request.kind === "agent" ? request.prompt : "";
      // The named one ends only after the other began, and the other only after that.
      if (prompt === "free") letGo();
      if (prompt === "late") await begun;
      return done({ v: 0 });
    });
    const { status, outputs } = await bench.run();
    expect(status).toBe("finished");
    expect(outputs.row?.map(({ nodeId }) => nodeId).sort()).toEqual(["behind", "late", "named"]);
    expect(bench.nodes("task.skipped")).toEqual(["skipped"]);
  });
});

describe("loops", () => {
  const loop = (more: object): { [key: string]: TestNode } => ({
    l: { kind: "loop", ...more } as TestNode,
    work: computed("(ctx.latest('row', 'work')?.v ?? 0) + 1", { parent: "l" }),
    fix: computed("`fix ${ctx.iteration}`", { parent: "l", output: "fixes" }),
  });
  const rows = (list: readonly object[] | undefined) => list?.map((row) => Object.values(row).join(" "));

  it("end when until holds; the rest of the body never starts (SEMANTICS 22)", async () => {
    const { outputs, status } = await new Bench(
      planOf(loop({ until: "ctx.latest('row', 'work')?.v === 3" })),
    ).run();
    expect(status).toBe("finished");
    expect(rows(outputs.row)).toEqual(["1 work 0", "2 work 1", "3 work 2"]);
    expect(rows(outputs.fixes)).toEqual(["fix 0 fix 0", "fix 1 fix 1"]);
  });

  it("run no iteration when until holds at the start, 0 and 1 with `iteration >= 2`, five by default", async () => {
    expect((await new Bench(planOf(loop({ until: "true" }))).run()).outputs.row).toBeUndefined();
    expect((await new Bench(planOf(loop({ until: "ctx.iteration >= 2" }))).run()).outputs.row).toHaveLength(
      2,
    );
    expect((await new Bench(planOf(loop({}))).run()).outputs.row).toHaveLength(5);
  });

  it("that go on without running anything end the run instead of hanging it", async () => {
    const plan = planOf({
      l: { kind: "loop", maxIterations: 1e9 },
      a: value(1, { parent: "l", skipIf: "true" }),
    });
    expect(await new Bench(plan).run()).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(/never settles/),
    });
  });

  it("fail at the bound when told to", async () => {
    const bench = new Bench(planOf(loop({ maxIterations: 2, onMaxReached: "fail" })));
    expect(await bench.run()).toMatchObject({
      status: "failed",
      reason: expect.stringContaining("l reached its 2"),
    });
    expect(await bench.resume()).toMatchObject({ status: "failed" });
    expect(bench.nodes("task.started")).toHaveLength(4);
  });

  it("nest: scoped by every enclosing loop, read in the own iteration, else the newest earlier (SEMANTICS 19, 20)", async () => {
    const plan = planOf({
      outer: { kind: "loop", maxIterations: 2 },
      inner: { kind: "loop", maxIterations: 2, parent: "outer" },
      work: computed(
        "`${ctx.iterations.outer}.${ctx.iteration} after ${ctx.latest('row', 'work')?.v ?? '-'}`",
        {
          parent: "inner",
        },
      ),
      sum: computed("ctx.output('row', { nodeId: 'work' }).v", { parent: "outer", output: "sums" }),
      end: computed("ctx.output('row', { nodeId: 'work' }).v", { output: "sums" }),
    });
    const { outputs, status } = await new Bench(plan).run();
    expect(status).toBe("finished");
    expect(outputs.row?.map(({ v }) => v)).toEqual([
      "0.0 after -",
      "0.1 after 0.0 after -",
      "1.0 after -",
      "1.1 after 1.0 after -",
    ]);
    expect(outputs.sums?.map(({ v, nodeId, iteration }) => `${nodeId}#${iteration} ${v}`)).toEqual([
      "sum#0 0.1 after 0.0 after -",
      "sum#1 1.1 after 1.0 after -",
      "end#0 1.1 after 1.0 after -",
    ]);
  });
});

describe("failure", () => {
  it("retries with backoff, then goes on with the prompt the chain started with (SEMANTICS 27)", async () => {
    const prompts: string[] = [];
    const plan = planOf({
      p: { kind: "parallel" },
      a: agent("", { parent: "p", prompt: { $: "`rows: ${ctx.outputs.row.length}`" } }),
      b: value(1, { parent: "p" }),
    });
    const bench = new Bench(plan, (request, { attempt }) => {
      if (request.kind === "agent") prompts.push(request.prompt);
      return attempt < 3 ? failed("overloaded") : done({ v: 2 });
    });
    expect((await bench.run()).status).toBe("finished");
    expect(prompts).toEqual(["rows: 0", "rows: 0", "rows: 0"]);
    const delays = bench.events
      .filter(({ type }) => type === "task.retrying")
      .map(({ data }) => Number(data.delayMs));
    expect(delays).toHaveLength(2);
    for (const [index, base] of [1_000, 2_000].entries()) {
      expect(delays[index]).toBeGreaterThanOrEqual(base);
      expect(delays[index]).toBeLessThanOrEqual(base * 1.1);
    }
  });

  it("obeys Retry-After", async () => {
    const bench = new Bench(planOf({ a: agent("x") }), (_, { attempt }) =>
      attempt === 1 ? failed("slow down", true, { retryAfterMs: 90_000 }) : done({ v: 1 }),
    );
    await bench.run();
    expect(bench.events.find(({ type }) => type === "task.retrying")?.data.delayMs).toBe(90_000);
  });

  it("fails at once when a retry can't help, ends what is in flight, starts nothing new; a resume retries it", async () => {
    let broken = true;
    const plan = planOf({
      p: { kind: "parallel" },
      bad: agent("bad", { parent: "p" }),
      slow: agent("slow", { parent: "p" }),
      after: value(1),
    });
    const bench = new Bench(plan, async (request) => {
      if (request.kind === "agent" && request.prompt === "bad" && broken) return failed("401", false);
      await sleep(10);
      return done({ v: 1 });
    });
    expect(await bench.run()).toMatchObject({ status: "failed", reason: "bad failed: PROVIDER: 401" });
    expect(bench.nodes("task.finished")).toEqual(["slow"]);
    broken = false;
    expect(await bench.resume()).toMatchObject({ status: "finished" });
    expect(bench.nodes("task.started")).toEqual(["bad", "slow", "bad", "after"]);
  });

  it("goes on after continueOnFail; a read of that node is UPSTREAM_NO_OUTPUT", async () => {
    const plan = planOf({
      bad: agent("x", { continueOnFail: true, retries: 0 }),
      next: computed("ctx.outputMaybe('row', { nodeId: 'bad' }) === undefined"),
      reads: computed("ctx.output('row', { nodeId: 'bad' }).v"),
    });
    const bench = new Bench(plan, () => failed("no"));
    expect(await bench.run()).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(/^reads failed: UPSTREAM_NO_OUTPUT/),
      outputs: { row: [{ nodeId: "next", v: true }] },
    });
  });

  it("names each blocked node and cell when nothing can move (SEMANTICS 13)", async () => {
    const plan = planOf({ p: { kind: "parallel" }, a: value(1, { parent: "p", dependsOn: ["ghost"] }) });
    expect(await new Bench(plan).run()).toMatchObject({
      status: "failed",
      reason: "nothing can move: a waits for node ghost",
    });
    const two = planOf({
      p: { kind: "parallel" },
      a: value(1, { parent: "p", dependsOn: ["ghost"] }),
      done: value(2, { parent: "p" }),
      b: agent("x", { parent: "p", dependsOn: ["done", "spectre"] }),
    });
    expect(await new Bench(two).run()).toMatchObject({
      status: "failed",
      outputs: { row: [{ v: 2 }] },
      reason: expect.stringMatching(/a waits for node ghost\W+b waits for node spectre$/),
    });
    const read = planOf({
      a: value(1),
      b: agent("", { prompt: { $: "ctx.output('row', { nodeId: 'x' }).v" } }),
    });
    expect((await new Bench(read).run()).reason).toMatch(/^b failed: UPSTREAM_NO_OUTPUT: x .*row$/);
    const mixed = planOf({
      p: { kind: "parallel" },
      a: value(1, { parent: "p", dependsOn: ["ghost"] }),
      b: agent("", { parent: "p", prompt: { $: "ctx.output('row', { nodeId: 'x' }).v" } }),
      c: agent("", { parent: "p", prompt: { $: "ctx.output('row', { nodeId: 'y' }).v" } }),
      d: agent("", {
        parent: "p",
        prompt: { $: "ctx.output('row', { nodeId: 'z' }).v" },
        continueOnFail: true,
      }),
    });
    expect((await new Bench(mixed).run()).reason).toMatch(
      /^b failed: UPSTREAM_NO_OUTPUT: x .*; c failed: UPSTREAM_NO_OUTPUT: y .*; a waits for node ghost$/,
    );
    const condition = planOf({ a: value(1, { if: "ctx.outputMaybe('row', { nodeId: 'x' }).v" }) });
    expect((await new Bench(condition).run()).reason).toMatch(/nodes\.a\.if: .*undefined/);
  });

  it("turns the wait for a node that never comes into UPSTREAM_NO_OUTPUT when nothing else can move", async () => {
    const plan = planOf({
      never: value(1, { if: "false" }),
      reads: computed("ctx.output('row', { nodeId: 'never' }).v", { continueOnFail: true }),
      last: value(2),
    });
    const bench = new Bench(plan);
    expect(await bench.run()).toMatchObject({ status: "finished", outputs: { row: [{ nodeId: "last" }] } });
  });

  it("a guard fails the run with the author's message, and two nodes at one address are refused", async () => {
    const guarded = planOf({
      w: { kind: "workflow", guards: [{ if: "true", message: "too many" }] },
      a: value(1),
    });
    expect(await new Bench(guarded).run()).toMatchObject({ status: "failed", reason: "w: too many" });
    const twice = planOf({ a: value(1, { id: "same" }), b: value(2, { id: "same" }) });
    expect(await new Bench(twice).run()).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(/^b: two nodes .*same.* a and b$/),
    });
  });

  it("tries again what became due while its frame was made", async () => {
    let now = 1_000_000;
    // Every look at the clock takes longer than the pause before the next attempt.
    const clock: Clock = {
      now: () => {
        now += 5_000;
        return now;
      },
      at: (_, due) => {
        const timer = setTimeout(due, 1);
        return () => clearTimeout(timer);
      },
      after: (_, due) => clock.at(0, due),
    };
    const bench = new Bench(planOf({ a: agent("x", { retries: 2 }) }), (_, { attempt }) =>
      attempt < 3 ? failed("busy") : done({ v: attempt }),
    );
    expect(await bench.run({ clock })).toMatchObject({ status: "finished", outputs: { row: [{ v: 3 }] } });
  });

  it("ends an attempt that gives no sign of life for too long; what it prints or calls is one", async () => {
    const bench: Bench = new Bench(
      planOf({ a: agent("x", { heartbeatTimeoutMs: 50, retries: 0 }) }),
      (_, { emit, signal }) =>
        new Promise((resolve) => {
          const beat = (left: number): void => {
            emit("task.log", { message: `${left}`, data: null });
            if (left > 0) bench.clock.at(bench.clock.now() + 40, () => beat(left - 1));
          };
          beat(3);
          signal.addEventListener("abort", () => resolve(aborted(signal)));
        }),
    );
    expect((await bench.run()).reason).toBe("a failed: HEARTBEAT_TIMEOUT: no sign of life for 50 ms");
    expect(bench.nodes("task.log")).toHaveLength(4);
  });

  it("times out", async () => {
    const bench = new Bench(
      planOf({ a: agent("x", { timeoutMs: 5_000, retries: 0 }) }),
      (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () =>
            resolve({
              ok: false,
              error: { code: "TIMEOUT", message: String(signal.reason.name), retryable: true },
            }),
          );
        }),
    );
    expect(await bench.run()).toMatchObject({ status: "failed", reason: "a failed: TIMEOUT: TimeoutError" });
  });
});

describe("identity", () => {
  it("a keyed list that is reversed remounts nothing, with explicit ids as without (SEMANTICS 17, 18)", async () => {
    const each = { of: "ctx.outputs.row.length === 1 ? ['b', 'a'] : ['a', 'b']", as: "x", key: "x" };
    const plan = planOf({
      p: { kind: "parallel" },
      first: value("first", { parent: "p" }),
      keyed: agent("x", { parent: "p", output: "others", each }),
      named: agent("x", { parent: "p", output: "others", each, id: { $: "`named-${x}`" } }),
    });
    const bench = new Bench(plan, async () => {
      await sleep(20);
      return done({ v: 1 });
    });
    expect((await bench.run()).status).toBe("finished");
    expect(bench.nodes("task.started").sort()).toEqual(["first", "keyed:a", "keyed:b", "named-a", "named-b"]);
    const [start, ...later] = await memoryReader(bench.space).frames(-1, 100);
    expect(start?.delta).toMatchObject({ mounted: ["first", "keyed:a", "keyed:b", "named-a", "named-b"] });
    for (const { delta } of later) expect(Object.keys(delta as object)).toEqual(["changed"]);
  });

  it("a node mounted again after it finished is not run again (SEMANTICS 25)", async () => {
    const plan = planOf({
      on: value(1, { if: "ctx.outputs.row.length !== 2" }),
      a: value(2),
      b: value(3),
    });
    const bench = new Bench(plan);
    expect((await bench.run()).status).toBe("finished");
    expect(bench.nodes("task.started")).toEqual(["on", "a", "b"]);
  });
});

describe("blocks", () => {
  const sites: { [key: string]: TestNode } = {
    b: {
      kind: "block",
      yields: [
        "[[1, 2].map((n) => site('t', { n, p: n === 2 ? ctx.output('row', { nodeId: 'late' }).v : 0 })),",
        " ctx.outputs.row.length > 2 ? site('box', {}, [site('t', { n: 3, p: 0 })]) : null]",
      ],
    } as TestNode,
    t: computed("`${n}:${p}`", { parent: "b", id: { $: "`t${n}`" }, args: ["n", "p"] }),
    box: { kind: "sequence", parent: "b" } as TestNode,
  };

  it("mount what they yield; a pending argument holds its task, not the block", async () => {
    const plan = planOf({
      p: { kind: "parallel" },
      ...Object.fromEntries(
        Object.entries(sites).map(([key, node]) => [key, { ...node, parent: node.parent ?? "p" }]),
      ),
      late: value("late", { parent: "p" }),
    } as { [key: string]: TestNode });
    const { status, outputs } = await new Bench(plan).run();
    expect(status).toBe("finished");
    expect(outputs.row?.map(({ nodeId, v }) => `${nodeId} ${v}`)).toEqual([
      "t1 1:0",
      "late late",
      "t2 2:late",
      "t3 3:0",
    ]);
  });

  it("that yield something else hold their place in error", async () => {
    const plan = planOf({ b: { kind: "block", yields: "[1]" } as TestNode });
    expect(await new Bench(plan).run()).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(/nodes\.b\.yields: a block may yield sites/),
    });
  });
});

describe("a compute task", () => {
  it("gets its captures and a snapshot of the rows it can read, in a process of its own", async () => {
    const code = [
      "export default ({ names }, ctx) => ({",
      "  v: [...names].join('+') + ' ' + ctx.latest('row', 'a').v + ' ' + ctx.outputs.row.length + ' ' + ctx.input.x,",
      "});",
    ];
    const module = { code, captures: ["names"], externals: {}, digest: "sha256:0", artifact: "sha256:0" };
    const plan = planOf(
      {
        a: value(1),
        c: {
          kind: "task",
          output: "row",
          module: "m",
          captures: { names: { $: "new Set(['x', 'y'])" } },
          reads: ["outputs.row", "outputs.row@a"],
        } as unknown as TestNode,
      },
      { modules: { m: module } },
    );
    const executors = createExecutors();
    try {
      const result = await new Bench(plan).run({
        executors,
        clock: systemClock,
        root: process.cwd(),
        input: { x: "in" },
      });
      expect(result.outputs.row).toMatchObject([{ v: 1 }, { v: "x+y 1 1 in" }]);
    } finally {
      await executors.close();
    }
  });
});
