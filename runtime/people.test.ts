/** What nodes ask of people (SEMANTICS 38): rows, choices, rankings, agreement to a task; who may answer. */
import { describe, expect, it } from "vitest";
import type { Json } from "../plan/types.ts";
import { Bench, done } from "../test/engine.ts";
import { planOf, type TestNode } from "../test/plans.ts";
import type { InboxRequest } from "./interpreter/run.ts";

const SCHEMAS = {
  row: "z.object({ v: z.number().min(1), w: z.string().default('none') })",
  picked: "z.object({ selected: z.string().nullable(), notes: z.string().nullable() })",
  ranked: "z.object({ ranked: z.array(z.string()), notes: z.string().nullable().default(null) })",
  decision: "z.looseObject({ approved: z.boolean() })",
};
const AGENTS = { a: { kind: "anthropic", options: {} } };

const benchOf = (nodes: { readonly [key: string]: TestNode }): Bench =>
  new Bench(planOf(nodes, { schemas: SCHEMAS, agents: AGENTS }), () => done({ v: 7, w: "none" }));

const human = (more: object = {}): TestNode =>
  ({
    kind: "human",
    output: "row",
    prompt: { $: "`How many of ${ctx.input.n}?`" },
    ...more,
  }) as unknown as TestNode;
const after: TestNode = { kind: "task", output: "row", payload: { $: "ctx.output('row', 'ask')" } } as never;

/** What people say as soon as the run is open, in this order; each once the one before is on disk. */
function saying(...requests: readonly object[]) {
  const open = (take: (request: InboxRequest, done: () => void) => void): (() => void) => {
    const [first, ...rest] = requests;
    const next = (request: object | undefined, others: readonly object[]): void => {
      if (request)
        take({ scope: "", iteration: 0, at: others.length, ...request } as never, () =>
          next(others[0], others.slice(1)),
        );
    };
    setTimeout(() => next(first, rest), 20);
    return () => {};
  };
  return { requests: open as never, wait: true };
}
const says = (answer: Json, by = "ann", nodeId = "ask"): object => ({ nodeId, answer, by });
const decides = (approved: boolean, by = "ann", nodeId = "ask"): object => ({
  nodeId,
  approved,
  note: null,
  decidedBy: by,
  decidedAt: 1,
});

describe("a human task", () => {
  it("waits for the row of a person, with defaults applied, and can be resumed meanwhile", async () => {
    const bench = benchOf({ ask: human(), after });
    const waiting = await bench.run({ input: { n: 3 } });
    expect(waiting).toMatchObject({ status: "waiting", reason: "waits for an answer on ask" });
    expect(waiting.waitingFor).toEqual([{ nodeId: "ask", scope: "", iteration: 0, asks: "answer" }]);
    expect(bench.events.find(({ type }) => type === "human.asked")?.data).toMatchObject({
      summary: "How many of 3?",
    });
    const result = await bench.resume(saying(says({ v: 2 })));
    expect(result.status).toBe("finished");
    expect(result.outputs.row).toEqual([
      { v: 2, w: "none", nodeId: "ask", iteration: 0 },
      { v: 2, w: "none", nodeId: "after", iteration: 0 },
    ]);
  });

  it("asks again when an answer does not fit, and fails after as many as it takes", async () => {
    const bench = benchOf({ ask: human({ maxAttempts: 2 }) });
    const fine = await bench.run({ input: { n: 1 }, ...saying(says({ v: 0 }), says({ v: 1 })) });
    expect(fine.status).toBe("finished");
    expect(bench.nodes("human.rejected")).toEqual(["ask"]);
    const failing = benchOf({ ask: human({ maxAttempts: 2 }) });
    const failed = await failing.run({ input: { n: 1 }, ...saying(says({ v: 0 }), says("many")) });
    expect(failed.status).toBe("failed");
    expect(failed.reason).toContain("OUTPUT_INVALID: the last of 2 answers does not fit the schema row");
  });

  it("counts an answer once, though its file outlived the process that took it", async () => {
    const bench = benchOf({ ask: human({ maxAttempts: 2 }) });
    const wrong = { ...says({ v: 0 }), at: 7 };
    const stop = new AbortController();
    const onEvent = (event: (typeof bench.events)[number]): void => {
      bench.events.push(event);
      if (event.type === "human.rejected") stop.abort();
    };
    await bench.run({ input: { n: 1 }, ...saying(wrong), signal: stop.signal, onEvent });
    const result = await bench.resume(saying(wrong, { ...says({ v: 1 }), at: 8 }));
    expect(result.status).toBe("finished");
    expect(bench.nodes("human.rejected")).toEqual(["ask"]);
  });

  it("can be denied, and is not to be approved", async () => {
    const bench = benchOf({ ask: human() });
    const options = saying(decides(true), decides(false));
    expect((await bench.run({ input: { n: 1 }, ...options })).reason).toBe(
      "ask failed: DENIED: denied by ann",
    );
    expect(bench.events.find(({ type }) => type === "approval.refused")?.data).toMatchObject({
      message: "it waits for an answer",
    });
  });

  it("is answered by a script, once", async () => {
    const bench = benchOf({ ask: human() });
    const script = { answers: [{ node: "ask", reply: { v: 5 } }], approvals: [] };
    expect((await bench.run({ input: { n: 1 }, script })).outputs.row).toMatchObject([{ v: 5 }]);
  });

  it("leaves an answer to what does not wait, or no more, alone", async () => {
    const bench = benchOf({ ask: human(), two: human({ output: "row" }) });
    const options = saying(
      says({ v: 1 }, "ann", "two"),
      says({ v: 1 }),
      says({ v: 2 }),
      says({ v: 3 }, "ann", "two"),
    );
    const result = await bench.run({ input: { n: 1 }, ...options });
    expect(result.outputs.row).toMatchObject([{ v: 1 }, { v: 3 }]);
  });
});

describe("an approval with options", () => {
  const options = ["red", { key: "blue", label: "Blue" }];

  it("gives the choice, refuses another, and without one when denied", async () => {
    const pick: TestNode = {
      kind: "approval",
      mode: "select",
      options,
      output: "picked",
      title: "Which?",
    } as never;
    const bench = benchOf({ ask: pick });
    const result = await bench.run(
      saying(says({ selected: "green", notes: null }), says({ selected: "blue", notes: "x" })),
    );
    expect(result.outputs.picked).toMatchObject([{ selected: "blue", notes: "x" }]);
    expect(bench.events.find(({ type }) => type === "human.rejected")?.data.message).toBe(
      'the answer has to be one of red, blue, not "green"',
    );
    const denied = benchOf({ ask: { ...(pick as object), onDeny: "continue" } as TestNode });
    expect((await denied.run(saying(decides(false)))).outputs.picked).toMatchObject([{ selected: null }]);
  });

  it("gives a ranking of all of them", async () => {
    const rank: TestNode = { kind: "approval", mode: "rank", options, output: "ranked" } as never;
    const bench = benchOf({ ask: rank });
    const result = await bench.run(saying(says({ ranked: ["blue"] }), says({ ranked: ["blue", "red"] })));
    expect(result.outputs.ranked).toMatchObject([{ ranked: ["blue", "red"] }]);
    expect(bench.nodes("human.rejected")).toEqual(["ask"]);
  });

  it("without options fails, as nobody could answer", async () => {
    const bench = benchOf({
      ask: { kind: "approval", mode: "select", options: [], output: "picked" } as never,
    });
    expect((await bench.run()).reason).toContain("there is nothing to choose from");
  });
});

describe("who may decide", () => {
  it("is those that the approval names; another is refused, and it goes on waiting", async () => {
    const ask: TestNode = { kind: "approval", output: "decision", allowedUsers: ["bob"] } as never;
    const bench = benchOf({ ask });
    const result = await bench.run(saying(decides(false, "ann"), decides(true, "bob")));
    expect(result.status).toBe("finished");
    expect(bench.events.find(({ type }) => type === "approval.refused")?.data.message).toBe(
      "only bob may decide",
    );
  });
});

describe("a task that needs a person's agreement", () => {
  const task: TestNode = {
    kind: "task",
    agent: "a",
    prompt: "p",
    output: "row",
    needsApproval: true,
  } as never;

  it("does not start before, and starts after; a resume remembers", async () => {
    const bench = benchOf({ ask: task, after });
    const waiting = await bench.run();
    expect(waiting).toMatchObject({ status: "waiting", waitingFor: [{ nodeId: "ask", asks: "start" }] });
    expect(bench.nodes("task.started")).toEqual([]);
    expect((await bench.resume()).status).toBe("waiting");
    const stop = new AbortController();
    const onEvent = (event: (typeof bench.events)[number]): void => {
      bench.events.push(event);
      if (event.type === "approval.decided") stop.abort();
    };
    await bench.resume({ ...saying(decides(true)), signal: stop.signal, onEvent });
    expect((await bench.resume()).status).toBe("finished");
    expect(bench.nodes("approval.requested")).toEqual(["ask"]);
  });

  it("fails when it is denied, which a resume does not ask anew", async () => {
    const bench = benchOf({ ask: task });
    expect((await bench.run(saying(decides(false)))).reason).toBe("ask failed: DENIED: denied by ann");
    expect((await bench.resume()).status).toBe("failed");
    expect(bench.nodes("task.started")).toEqual([]);
  });

  it("is asked for when its turn comes only, and not where it is skipped", async () => {
    const skipped = { ...(task as object), skipIf: "true" } as TestNode;
    const bench = benchOf({ first: human(), ask: task, skipped });
    expect((await bench.run({ input: { n: 1 } })).waitingFor).toMatchObject([{ nodeId: "first" }]);
    expect((await bench.resume(saying(says({ v: 1 }, "ann", "first"), decides(true)))).status).toBe(
      "finished",
    );
    expect(bench.nodes("task.skipped")).toEqual(["skipped"]);
  });
});

describe("what does not keep the rest from going on (async)", () => {
  it("lets what follows begin, which reads the answer when it is there; the run ends only with it", async () => {
    const bench = benchOf({
      box: { kind: "sequence" },
      ask: human({ parent: "box", async: true }),
      sure: human({ parent: "box", async: { $: "false" } }),
      other: { kind: "task", output: "row", payload: { v: 9, w: "none" } } as never,
      after,
    });
    const first = await bench.run({ input: { n: 1 } });
    expect(first.waitingFor).toMatchObject([{ nodeId: "ask" }, { nodeId: "sure" }]);
    expect(bench.nodes("task.started")).toEqual([]);
    const second = await bench.resume(saying(says({ v: 3 }, "ann", "sure"), { stop: "pause", by: "t" }));
    expect(second.outputs.row).toMatchObject([{ nodeId: "sure" }, { nodeId: "other" }]);
    const last = await bench.resume(saying(says({ v: 2 })));
    expect(last.status).toBe("finished");
    expect(last.outputs.row?.slice(2)).toMatchObject([{ nodeId: "ask" }, { nodeId: "after", v: 2 }]);
  });

  it("holds the end of a loop's iteration", async () => {
    const bench = benchOf({
      l: { kind: "loop", maxIterations: 2 },
      ask: human({ parent: "l", async: true }),
      side: { kind: "task", parent: "l", output: "row", payload: { v: 9, w: "none" } } as never,
    });
    const first = await bench.run({ input: { n: 1 } });
    expect(bench.nodes("task.finished")).toEqual(["side"]);
    expect(first.waitingFor).toMatchObject([{ nodeId: "ask", iteration: 0 }]);
    const result = await bench.resume(saying(says({ v: 1 }), { ...says({ v: 2 }), iteration: 1 }));
    expect(result.status).toBe("finished");
    expect(bench.nodes("task.finished")).toEqual(["side", "side#1"]);
  });
});

describe("a script that speaks in people's place", () => {
  it("and says what does not fit leaves the run waiting for people, not for ever", async () => {
    const ok = { kind: "approval", output: "decision" } as TestNode;
    const bench = benchOf({ ok });
    const script = { answers: [{ node: "*", reply: { v: 1 } }], approvals: [] };
    expect(await bench.run({ script })).toMatchObject({ status: "waiting" });
  });
});
