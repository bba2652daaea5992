/** What of a run outlives its process: decisions, results, attempts (SEMANTICS 12, 25, 29, 38). */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { seal } from "../plan/index.ts";
import type { Plan } from "../plan/types.ts";
import { Bench, done, failed } from "../test/engine.ts";
import { computed, planOf, type TestNode, value } from "../test/plans.ts";
import { memoryReader } from "./store/index.ts";

/** An agent task with output `row`. */
const agent = (prompt: string, more: { readonly [field: string]: unknown } = {}): TestNode =>
  ({ kind: "task", agent: "a", output: "row", prompt, ...more }) as TestNode;

describe("approvals", () => {
  const gate = (more: object = {}): { [key: string]: TestNode } => ({
    ok: { kind: "approval", output: "approvals", title: "Ship?", ...more } as TestNode,
    after: computed("ctx.outputMaybe('approvals', { nodeId: 'ok' })?.approved ?? 'none'"),
  });
  const script = (approved: boolean) => ({
    answers: [],
    approvals: [{ node: "ok", approved, note: "because" }],
  });

  it("wait durably: the process ends, a resume waits on (SEMANTICS 38)", async () => {
    const bench = new Bench(planOf(gate()));
    const waiting = {
      status: "waiting",
      reason: "waits for a decision on ok",
      waitingFor: [{ nodeId: "ok", scope: "", iteration: 0 }],
    };
    expect(await bench.run()).toMatchObject(waiting);
    expect(await bench.resume()).toMatchObject(waiting);
    expect(bench.nodes("approval.requested")).toEqual(["ok"]);
  });

  it("that are unmounted are asked no more", async () => {
    const plan = planOf({
      p: { kind: "parallel" },
      ...Object.fromEntries(
        Object.entries(gate({ if: "ctx.outputs.row.length === 0" })).map(([key, node]) => [
          key,
          { ...node, parent: "p" },
        ]),
      ),
    } as { [key: string]: TestNode });
    const bench = new Bench(plan);
    expect(await bench.run()).toMatchObject({ status: "finished", waitingFor: [] });
    expect(bench.nodes("approval.requested")).toEqual(["ok"]);
  });

  it("go on with the decision as a row", async () => {
    const { outputs, status } = await new Bench(planOf(gate())).run({ script: script(true) });
    expect(status).toBe("finished");
    expect(outputs.approvals).toMatchObject([
      { approved: true, note: "because", decidedBy: "script", nodeId: "ok" },
    ]);
    expect(outputs.row).toMatchObject([{ v: true }]);
  });

  it("denied: fail by default, or continue, or skip", async () => {
    const bench = new Bench(planOf(gate()));
    expect(await bench.run({ script: script(false) })).toMatchObject({
      status: "failed",
      reason: "ok failed: DENIED: denied by script: because",
    });
    // A person's no is not undone by a resume.
    expect(await bench.resume()).toMatchObject({ status: "failed" });
    const on = await new Bench(planOf(gate({ onDeny: "continue" }))).run({ script: script(false) });
    expect(on.outputs.row).toMatchObject([{ v: false }]);
    const skip = await new Bench(planOf(gate({ onDeny: "skip" }))).run({ script: script(false) });
    expect(skip.outputs).toMatchObject({ row: [{ v: "none" }] });
  });
});

describe("what is stored", () => {
  it("is one commit a step, with a frame for each that changed something (SEMANTICS 12)", async () => {
    const bench = new Bench(planOf({ a: value(1), b: value(2), c: value(3) }));
    await bench.run();
    const frames = await memoryReader(bench.space).frames(-1, 100);
    expect(frames).toHaveLength(4);
    expect(frames[1]).toMatchObject({ cause: "result", delta: { changed: { a: "finished", b: "running" } } });
    expect(bench.nodes("frame")).toHaveLength(4);
  });

  it("keeps the result that made the frame fail (DESIGN §6, One commit a step)", async () => {
    const guards = [{ if: "ctx.outputs.row.length > 0", message: "enough" }];
    const bench = new Bench(planOf({ w: { kind: "workflow", guards }, a: value(1), b: value(2) }));
    expect(await bench.run()).toMatchObject({
      status: "failed",
      reason: "w: enough",
      outputs: { row: [{ v: 1, nodeId: "a" }] },
    });
    expect(bench.nodes("task.started")).toEqual(["a"]);
  });

  it("lets a node that was unmounted while it ran finish, with a warning; it is not run again (SEMANTICS 25)", async () => {
    const plan = planOf({
      p: { kind: "parallel" },
      quick: value(1, { parent: "p" }),
      slow: agent("slow", { parent: "p", if: "ctx.outputs.row.length !== 1" }),
    });
    const bench = new Bench(plan, async () => {
      await sleep(10);
      return done({ v: 2 });
    });
    const { outputs, status } = await bench.run();
    expect(status).toBe("finished");
    expect(outputs.row?.map(({ nodeId }) => nodeId)).toEqual(["quick", "slow"]);
    expect(bench.nodes("task.unmounted")).toEqual(["slow"]);
    expect(bench.nodes("task.started")).toEqual(["quick", "slow"]);
  });

  it("cancels it instead when asked to", async () => {
    const plan = planOf({
      p: { kind: "parallel" },
      quick: value(1, { parent: "p" }),
      slow: agent("slow", { parent: "p", onUnmount: "cancel", if: "ctx.outputs.row.length !== 1" }),
    });
    const bench = new Bench(
      plan,
      (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () =>
            resolve({ ok: false, error: { code: "CANCELLED", message: "gone", retryable: false } }),
          );
        }),
    );
    expect((await bench.run()).status).toBe("finished");
    expect(bench.nodes("task.cancelled")).toEqual(["slow"]);
  });

  it("an interrupted run ends its attempts and can be resumed", async () => {
    const stop = new AbortController();
    const plan = planOf({ a: value(1), b: agent("b"), c: value(3) });
    let interrupted = false;
    const bench = new Bench(plan, async (_, { signal }) => {
      if (interrupted) return done({ v: 2 });
      interrupted = true;
      setTimeout(() => stop.abort(), 5);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return { ok: false, error: { code: "CANCELLED", message: "interrupted", retryable: false } };
    });
    expect(await bench.run({ signal: stop.signal })).toMatchObject({ status: "cancelled" });
    expect(await bench.resume()).toMatchObject({ status: "finished" });
    expect(bench.nodes("task.started")).toEqual(["a", "b", "b", "c"]);
    expect(bench.events.map(({ seq }) => seq)).toEqual(bench.events.map((_, index) => index + 1));
  });

  it("a resume with another plan is refused, and input that does not fit writes nothing", async () => {
    const bench = new Bench(planOf({ ok: { kind: "approval", output: "row" } as TestNode }));
    await bench.run();
    const other = { ...bench.plan, digest: `sha256:${"1".repeat(64)}` };
    await expect(bench.resume({ plan: other })).rejects.toThrow(/another plan/);
    const strict = new Bench(
      planOf(
        { a: value(1) },
        { schemas: { input: "z.object({ n: z.number() })" }, input: { schema: "input" } },
      ),
    );
    await expect(strict.run({ input: { n: "x" } })).rejects.toThrow(/n: .*expected number/);
    expect(strict.space.records.size).toBe(0);
  });
});

describe("after a crash", () => {
  it("a resume is refused when the recorded plan is not what it was", async () => {
    const bench = new Bench(seal(planOf({ first: value(1), ok: { kind: "approval" } as TestNode })));
    expect(await bench.run()).toMatchObject({ status: "waiting" });
    const recorded = { plan: undefined as unknown as Plan };
    expect(await bench.resume(recorded)).toMatchObject({ status: "waiting" });
    for (const [key, text] of bench.space.records)
      if (text.includes('"kind":"smithers.plan"'))
        bench.space.records.set(key, text.replace('"v":1', '"v":2'));
    await expect(bench.resume(recorded)).rejects.toThrow("the plan was changed after it was sealed");
  });

  it("a retry comes at its time, with its number and its prompt (SEMANTICS 29)", async () => {
    const starts: string[] = [];
    const plan = planOf({
      p: { kind: "parallel" },
      a: agent("", { parent: "p", prompt: { $: "`rows: ${ctx.outputs.row.length}`" } }),
      b: value(1, { parent: "p" }),
    });
    const bench = new Bench(plan, (request, { attempt }) => {
      starts.push(`${attempt} ${request.kind === "agent" ? request.prompt : ""}`);
      return attempt < 3 ? failed("overloaded") : done({ v: 2 });
    });
    const frozen = { now: () => bench.clock.now(), at: () => () => {}, after: () => () => {} };
    // The first owner never sees the timer: it is as dead as a killed process.
    void bench.run({ clock: frozen }).catch(() => {});
    while (bench.nodes("task.retrying").length === 0) await sleep(1);
    const retry = bench.events.find(({ type }) => type === "task.retrying");
    bench.space.evict();
    expect((await bench.resume()).status).toBe("finished");
    expect(starts).toEqual(["1 rows: 0", "2 rows: 0", "3 rows: 0"]);
    const second = bench.events.find(({ type, data }) => type === "task.started" && data.attempt === 2);
    expect(second?.at).toBe(retry?.data.nextAt);
    const delays = bench.events
      .filter(({ type }) => type === "task.retrying")
      .map(({ data }) => Number(data.delayMs));
    expect(delays[1]).toBeGreaterThanOrEqual(2_000);
  });

  it("an attempt whose owner died is lost and made again, without counting against its retries", async () => {
    let calls = 0;
    const bench = new Bench(planOf({ a: value(1), b: agent("b", { retries: 0 }) }), () =>
      ++calls === 1 ? new Promise(() => {}) : done({ v: 2 }),
    );
    void bench.run().catch(() => {});
    while (calls === 0) await sleep(1);
    bench.space.evict();
    expect(await bench.resume()).toMatchObject({
      status: "finished",
      outputs: { row: [{ v: 1 }, { v: 2 }] },
    });
    expect(bench.nodes("task.started")).toEqual(["a", "b", "b"]);
    const { attempts } = await memoryReader(bench.space).journal();
    expect(attempts.map(({ nodeId, attempt, state }) => `${nodeId} ${attempt} ${state}`)).toEqual([
      "a 1 finished",
      "b 1 lost",
      "b 2 finished",
    ]);
  });
});
