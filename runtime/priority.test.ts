/** Which of the ready tasks starts first. */
import { describe, expect, it, vi } from "vitest";
import { Bench, done } from "../test/engine.ts";
import { planOf, type TestNode, value } from "../test/plans.ts";
import { Ready } from "./interpreter/ready.ts";

const agent = (parent: string, more: object = {}): TestNode =>
  ({ kind: "task", parent, agent: "a", prompt: "p", output: "row", ...more }) as TestNode;

const started = async (
  nodes: { readonly [key: string]: TestNode },
  maxConcurrency = 1,
): Promise<string[]> => {
  const bench = new Bench(planOf(nodes), (_, { address }) => done({ v: address.nodeId === "first" ? 9 : 0 }));
  expect((await bench.run({ maxConcurrency })).status).toBe("finished");
  return bench.nodes("task.started");
};

describe("of ready tasks", () => {
  it("the one with the highest priority starts first, in document order among equals", async () => {
    const nodes = {
      p: { kind: "parallel" } as TestNode,
      a: agent("p"),
      b: agent("p", { priority: 1 }),
      c: agent("p", { priority: -1 }),
      d: agent("p", { priority: 5 }),
      e: agent("p", { priority: 1 }),
      f: agent("p", { priority: 0 }),
    };
    expect(await started(nodes)).toEqual(["d", "b", "e", "a", "f", "c"]);
    expect(await started({ ...nodes, p: { kind: "parallel", maxConcurrency: 1 } }, 16)).toEqual([
      "d",
      "b",
      "e",
      "a",
      "f",
      "c",
    ]);
  });

  it("one whose priority changes while it waits goes where it puts it, and one without a value waits no longer for it", async () => {
    expect(
      await started({
        p: { kind: "parallel" } as TestNode,
        first: agent("p", { priority: 10 }),
        a: agent("p", { priority: 5 }),
        b: agent("p", { priority: { $: "ctx.output('row', { nodeId: 'first' }).v" } }),
        c: agent("p", { priority: { $: "ctx.output('row', { nodeId: 'never' }).v" } }),
        d: agent("p", { priority: { $: "ctx.outputs.row.length > 0 ? -1 : 7" } }),
      }),
    ).toEqual(["first", "b", "a", "c", "d"]);
  });

  it("one that a sequence holds back does not jump it", async () => {
    expect(
      await started({
        p: { kind: "parallel" } as TestNode,
        s: { kind: "sequence", parent: "p" } as TestNode,
        a: agent("s"),
        b: agent("s", { priority: 9 }),
        c: agent("p", { priority: 1 }),
      }),
    ).toEqual(["c", "a", "b"]);
  });

  it("those that need no place start while all places are taken", async () => {
    const nodes = {
      p: { kind: "parallel" } as TestNode,
      a: agent("p"),
      b: agent("p", { priority: 9 }),
      c: value(1, { parent: "p" }),
      d: agent("p", { priority: 1 }),
    };
    expect(await started(nodes)).toEqual(["b", "c", "d", "a"]);
  });

  it("those that wait for a place are not looked at in every frame", async () => {
    const nodes: { [id: string]: TestNode } = { p: { kind: "parallel" } };
    for (let index = 0; index < 100; index++) nodes[`t${index}`] = agent("p");
    const push = vi.spyOn(Ready.prototype, "push");
    try {
      expect(await started(nodes, 2)).toHaveLength(100);
      // Once each, in the run and in its replay.
      expect(push.mock.calls.length).toBeLessThanOrEqual(200);
    } finally {
      push.mockRestore();
    }
  });
});
