/** Signals: kept until a node waits for them, delivered once (SEMANTICS 39); what waits no longer than it may (38). */
import { describe, expect, it } from "vitest";
import { Bench } from "../test/engine.ts";
import { planOf, type TestNode } from "../test/plans.ts";
import type { SignalRequest } from "./interpreter/run.ts";

const wait = (more: object = {}): TestNode =>
  ({ kind: "wait", event: "paid", output: "row", ...more }) as TestNode;
const still = (more: object = {}): TestNode =>
  ({ kind: "task", output: "row", payload: { v: 9 }, ...more }) as TestNode;
const benchOf = (nodes: { readonly [key: string]: TestNode }): Bench =>
  new Bench(planOf(nodes, { schemas: { row: "z.object({ v: z.number() })" } }));

interface Sent {
  readonly v: unknown;
  readonly name?: string;
  readonly id?: string;
  readonly file?: string;
}

/** What a run is told as soon as it is open; `taken` counts what it has on disk. */
function sending(...signals: readonly Sent[]) {
  const sent = { taken: 0 };
  const requests = (take: (request: SignalRequest, done: () => void) => void): (() => void) => {
    for (const { v, name = "paid", id = null, file } of signals) {
      const payload = { v } as SignalRequest["payload"];
      take({ name, correlationId: id, payload, by: "t", at: 1, ...(file && { id: file }) }, () => {
        sent.taken++;
      });
    }
    return () => {};
  };
  return { sent, requests: requests as never };
}

const rows = ({ outputs }: { readonly outputs: { readonly [table: string]: readonly object[] } }) =>
  (outputs.row ?? []).map((row) => ({ ...row }));

describe("a signal", () => {
  it("is what a node waits for; its payload is the row", async () => {
    const bench = benchOf({
      pay: wait(),
      after: still({ payload: { $: "ctx.output('row', { nodeId: 'pay' })" } }),
    });
    const { sent, requests } = sending({ v: 3 });
    const result = await bench.run({ requests });
    expect(result.status).toBe("finished");
    expect(rows(result)).toEqual([
      { v: 3, nodeId: "pay", iteration: 0 },
      { v: 3, nodeId: "after", iteration: 0 },
    ]);
    expect(sent.taken).toBe(1);
  });

  it("that comes before its node, or before a process is gone, is kept", async () => {
    const bench = benchOf({
      loop: { kind: "loop", maxIterations: 3, until: "false" },
      pay: wait({ parent: "loop" }),
    });
    const first = await bench.run({ requests: sending({ v: 1 }, { v: 2 }).requests });
    expect(first).toMatchObject({ status: "waiting", reason: "waits for the signal paid (pay@2)" });
    expect(rows(first).map((row) => (row as { v?: number }).v)).toEqual([1, 2]);
    const early = benchOf({ nap: { kind: "approval", output: "decision" }, pay: wait() });
    expect((await early.run({ requests: sending({ v: 5 }).requests })).reason).toBe(
      "waits for a decision on nap",
    );
    const decided = {
      nodeId: "nap",
      scope: "",
      iteration: 0,
      approved: true,
      note: null,
      decidedBy: "t",
      decidedAt: 1,
    };
    const result = await early.resume({
      requests: ((take: (decision: object, done: () => void) => void) => {
        take(decided, () => {});
        return () => {};
      }) as never,
    });
    expect(result.status).toBe("finished");
    expect(rows(result)).toEqual([{ v: 5, nodeId: "pay", iteration: 0 }]);
  });

  it("is taken once for its correlation id, and goes to the node that asks for that", async () => {
    const bench = benchOf({
      p: { kind: "parallel" },
      a: wait({ parent: "p", correlationId: "A" }),
      b: wait({ parent: "p", correlationId: { $: "'B'" } }),
    });
    const { sent, requests } = sending({ v: 1, id: "B" }, { v: 2, id: "B" }, { v: 3, id: "A" });
    const result = await bench.run({ requests });
    expect(rows(result)).toEqual([
      { v: 3, nodeId: "a", iteration: 0 },
      { v: 1, nodeId: "b", iteration: 0 },
    ]);
    expect(bench.events.filter(({ type }) => type === "signal.duplicate")).toHaveLength(1);
    expect(sent.taken).toBe(3);
  });

  it("whose file is read again, since its writer died before it removed it, is taken once", async () => {
    const bench = benchOf({
      loop: { kind: "loop", maxIterations: 3, until: "false" },
      pay: wait({ parent: "loop" }),
    });
    await bench.run({
      requests: sending({ v: 1, file: "signal-1" }, { v: 9, id: "A", file: "signal-2" }).requests,
    });
    const { sent, requests } = sending(
      { v: 1, file: "signal-1" },
      { v: 9, id: "A", file: "signal-2" },
      { v: 1, file: "signal-3" },
    );
    const result = await bench.resume({ requests });
    expect(rows(result).map((row) => (row as { v?: number }).v)).toEqual([1, 9, 1]);
    expect(bench.nodes("signal.duplicate")).toEqual([]);
    expect(sent.taken).toBe(3);
  });

  it("that does not fit is rejected with the reason; the node waits on", async () => {
    const bench = benchOf({ pay: wait() });
    const result = await bench.run({ requests: sending({ v: "no" }, { v: 4 }).requests });
    expect(rows(result)).toEqual([{ v: 4, nodeId: "pay", iteration: 0 }]);
    const [rejected] = bench.events.filter(({ type }) => type === "signal.rejected");
    expect(String(rejected?.data.message)).toContain("v: Invalid input: expected number, received string");
  });

  it("that was rejected is none: the next one of its correlation id is taken, also after a resume", async () => {
    const bench = benchOf({ pay: wait({ correlationId: "A" }) });
    const sent = { v: "no", id: "A" };
    expect((await bench.run({ requests: sending(sent).requests })).status).toBe("waiting");
    const result = await bench.resume({ requests: sending({ v: 4, id: "A" }).requests });
    expect(rows(result)).toEqual([{ v: 4, nodeId: "pay", iteration: 0 }]);
    const once = benchOf({ pay: wait({ correlationId: "A" }) });
    expect(rows(await once.run({ requests: sending(sent, { v: 4, id: "A" }).requests }))).toHaveLength(1);
  });

  it("goes to one node only, the first in the document", async () => {
    const bench = benchOf({ p: { kind: "parallel" }, a: wait({ parent: "p" }), b: wait({ parent: "p" }) });
    const result = await bench.run({ requests: sending({ v: 1 }).requests });
    expect(result).toMatchObject({ status: "waiting", reason: "waits for the signal paid (b)" });
    expect(rows(result)).toEqual([{ v: 1, nodeId: "a", iteration: 0 }]);
    const again = await bench.resume({ requests: sending({ v: 2 }).requests });
    expect(rows(again).at(-1)).toEqual({ v: 2, nodeId: "b", iteration: 0 });
  });
});

describe("what waits no longer than it may", () => {
  it.each([
    ["fail", "failed", "pay failed: TIMEOUT: nobody answered in time", []],
    ["skip", "finished", null, ["after"]],
    ["continue", "finished", null, ["after"]],
  ])("a signal, onTimeout %s", async (onTimeout, status, reason, after) => {
    const bench = benchOf({ pay: wait({ timeoutMs: 60_000, onTimeout }), after: still() });
    const begun = bench.clock.now();
    expect(await bench.run({ wait: true })).toMatchObject({ status, reason });
    expect(bench.clock.now() - begun).toBe(60_000);
    expect(bench.nodes("task.expired")).toEqual(["pay"]);
    expect(bench.nodes("task.finished")).toEqual(after);
  });

  it("an approval expires as if it were denied, also while no process is there", async () => {
    const nodes = (onDeny: string): { readonly [key: string]: TestNode } => ({
      ok: { kind: "approval", output: "decision", timeoutMs: 60_000, onDeny } as TestNode,
      after: still(),
    });
    const failing = benchOf(nodes("fail"));
    expect(await failing.run({ wait: true })).toMatchObject({
      status: "failed",
      reason: expect.stringContaining("DENIED: denied by timeout"),
    });
    const going = benchOf(nodes("continue"));
    expect((await going.run()).status).toBe("waiting");
    going.clock.pass(100_000);
    const { status, outputs } = await going.resume();
    expect(status).toBe("finished");
    expect(outputs.decision?.[0]).toMatchObject({
      approved: false,
      note: "nobody answered in time",
      decidedBy: "timeout",
    });
  });
});
