/** Which node is which (SEMANTICS 17–19): keys, places in a list, explicit ids that move, iterations. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Bench, done } from "../test/engine.ts";
import { computed, planOf, type TestNode, value } from "../test/plans.ts";
import { memoryReader } from "./store/index.ts";

/** An agent task with output `work`. */
const agent = (more: object): TestNode =>
  ({ kind: "task", agent: "a", output: "work", prompt: "go", ...more }) as TestNode;

describe("a list without keys", () => {
  it("goes by the place in it: reversed, nothing remounts, and the rows stay where they were (SEMANTICS 17)", async () => {
    const each = { of: "ctx.outputs.row.length > 0 ? ['b', 'a'] : ['a', 'b']", as: "x" };
    const bench = new Bench(
      planOf({
        p: { kind: "parallel" },
        item: agent({ parent: "p", prompt: { $: "x" }, each }),
        turn: value("turned"),
        after: computed("ctx.outputs.work.map((row) => `${row.nodeId} ${row.v}`)"),
      }),
      (request) => done({ v: request.kind === "agent" ? request.prompt : null }),
    );
    const { status, outputs } = await bench.run();
    expect(status).toBe("finished");
    const ids = bench.nodes("task.started").slice(0, 2);
    expect(new Set(ids).size).toBe(2);
    expect(outputs.row?.at(-1)).toMatchObject({ v: [`${ids[0]} a`, `${ids[1]} b`] });
    expect(bench.nodes("task.started")).toEqual([...ids, "turn", "after"]);
  });
});

describe("an explicit id that moves under another parent", () => {
  const moving = (when: string): { readonly [key: string]: TestNode } => ({
    one: { kind: "sequence" },
    here: agent({ parent: "one", id: "work", if: `!(${when})` }),
    two: { kind: "sequence" },
    there: agent({ parent: "two", id: "work", if: when }),
  });

  it("is the same node with the same row: it is not run again (SEMANTICS 18)", async () => {
    const { one, here, two, there } = moving("ctx.outputs.row.length > 0");
    const bench = new Bench(
      planOf({
        one: one!,
        here: here!,
        between: value("moved"),
        two: two!,
        there: there!,
        after: computed("ctx.output('work', { nodeId: 'work' }).v"),
      }),
      () => done({ v: "once" }),
    );
    const { status, outputs } = await bench.run();
    expect(status).toBe("finished");
    expect(bench.nodes("task.started")).toEqual(["work", "between", "after"]);
    expect(outputs.work).toEqual([{ v: "once", nodeId: "work", iteration: 0 }]);
    expect(outputs.row?.at(-1)).toMatchObject({ v: "once" });
  });

  it("while it runs is taken along: its one attempt gives the row (SEMANTICS 18)", async () => {
    const { one, here, two, there } = moving("ctx.outputs.row.length > 0");
    const bench = new Bench(
      planOf({
        p: { kind: "parallel" },
        one: { ...one!, parent: "p" } as TestNode,
        here: here!,
        quick: value("moved", { parent: "p" }),
        two: { ...two!, parent: "p" } as TestNode,
        there: there!,
      }),
      async () => {
        await sleep(20);
        return done({ v: "once" });
      },
    );
    expect(await bench.run()).toMatchObject({ status: "finished", outputs: { work: [{ v: "once" }] } });
    expect(bench.nodes("task.started").sort()).toEqual(["quick", "work"]);
    expect(bench.nodes("task.unmounted")).toEqual([]);
    expect((await memoryReader(bench.space).journal()).attempts).toHaveLength(2);
  });
});

describe("a second loop", () => {
  it("starts at 0, and its rows don't meet those of the first (SEMANTICS 19)", async () => {
    const bench = new Bench(
      planOf({
        one: { kind: "loop", maxIterations: 3 },
        a: computed("ctx.iteration", { parent: "one" }),
        two: { kind: "loop", maxIterations: 2 },
        b: computed("ctx.iteration", { parent: "two" }),
      }),
    );
    const { outputs } = await bench.run();
    expect(outputs.row?.map(({ nodeId, iteration, v }) => [nodeId, iteration, v])).toEqual([
      ["a", 0, 0],
      ["a", 1, 1],
      ["a", 2, 2],
      ["b", 0, 0],
      ["b", 1, 1],
    ]);
  });
});
