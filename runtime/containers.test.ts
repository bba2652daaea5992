/** `dependsOn` of containers: what waits for one starts once nothing is left to do in it (SEMANTICS 24). */
import { describe, expect, it } from "vitest";
import { Bench, done } from "../test/engine.ts";
import { planOf, type TestNode, value } from "../test/plans.ts";

const agent = (parent: string, more: Partial<TestNode> = {}): TestNode =>
  ({ kind: "task", output: "row", agent: "a", prompt: "go", retries: 0, parent, ...more }) as TestNode;

const container = (kind: "sequence" | "parallel", more: Partial<TestNode> = {}): TestNode =>
  ({ kind, ...more }) as TestNode;

/** Nodes in the order in which they ended, in a parallel `p` beside whatever stands in it. */
async function ended(nodes: { readonly [key: string]: TestNode }): Promise<readonly string[]> {
  const bench = new Bench(planOf({ p: container("parallel"), ...nodes }), () => done({ v: 0 }));
  expect((await bench.run()).status).toBe("finished");
  return bench.nodes("task.finished");
}

describe("a node that waits for a container", () => {
  it.each(["sequence", "parallel"] as const)("starts once all of a %s has ended", async (kind) => {
    const order = await ended({
      after: agent("p", { dependsOn: ["part"] }),
      part: container(kind, { parent: "p", id: "part" }),
      a: agent("part"),
      b: agent("part"),
    });
    expect(order.at(-1)).toBe("after");
    expect(order).toHaveLength(3);
  });

  it("does so where the run works its id out", async () => {
    const order = await ended({
      after: agent("p", { dependsOn: ["part-a"] }),
      first: value("a", { parent: "p" }),
      part: container("sequence", {
        parent: "p",
        id: { $: "`part-${ctx.output('row', { nodeId: 'first' }).v}`" },
      }),
      a: agent("part"),
    });
    expect(order).toEqual(["first", "a", "after"]);
  });

  it("waits for all that have the id", async () => {
    const order = await ended({
      after: agent("p", { dependsOn: ["part"] }),
      part: container("sequence", {
        parent: "p",
        id: "part",
        each: { of: "[1, 2, 3]", as: "n", key: "n" },
      }),
      a: agent("part", { id: { $: "`a-${n}`" } }),
    });
    expect(order).toHaveLength(4);
    expect(order.at(-1)).toBe("after");
  });

  it("waits for its turn, before which nothing may be mounted in it", async () => {
    const order = await ended({
      after: agent("p", { dependsOn: ["part"] }),
      s: container("sequence", { parent: "p" }),
      first: agent("s"),
      part: container("sequence", { parent: "s", id: "part" }),
      a: agent("part", { if: "ctx.outputMaybe('row', { nodeId: 'first' }) !== undefined" }),
    });
    expect(order).toEqual(["first", "a", "after"]);
  });

  it("waits for the loop around it where it stands outside of that, and for its own iteration inside", async () => {
    const order = await ended({
      after: agent("p", { dependsOn: ["part"] }),
      loop: { kind: "loop", parent: "p", until: "false", maxIterations: 2 } as TestNode,
      both: container("parallel", { parent: "loop" }),
      then: agent("both", { dependsOn: ["part"] }),
      part: container("sequence", { parent: "both", id: "part" }),
      a: agent("part"),
    });
    expect(order).toEqual(["a", "then", "a#1", "then#1", "after"]);
  });

  it("is held up by no part of a try that has been left", async () => {
    const order = await ended({
      t: { kind: "try", parent: "p" } as TestNode,
      tried: container("sequence", { parent: "t", role: "try" }),
      part: container("sequence", { parent: "tried", id: "part" }),
      a: agent("part"),
      last: container("sequence", { parent: "t", role: "finally" }),
      b: agent("last", { dependsOn: ["part"] }),
      after: agent("p", { dependsOn: ["part", "closing"] }),
      closing: container("sequence", { parent: "last", id: "closing" }),
      c: agent("closing"),
    });
    expect(order.slice(0, 2)).toEqual(["a", "b"]);
    expect(order.at(-1)).toBe("after");
  });

  it("waits for one that is not mounted, and is named where that never is", async () => {
    const nodes = (when: string) => ({
      p: container("parallel"),
      after: agent("p", { dependsOn: ["part"] }),
      a: agent("p"),
      part: container("sequence", { parent: "p", id: "part", if: when }),
      b: agent("part"),
    });
    const late = new Bench(planOf(nodes("ctx.outputs.row.length > 0")), () => done({ v: 0 }));
    expect((await late.run()).status).toBe("finished");
    expect(late.nodes("task.finished")).toEqual(["a", "b", "after"]);
    const never = new Bench(planOf(nodes("false")), () => done({ v: 0 }));
    expect(await never.run()).toMatchObject({
      status: "failed",
      reason: "nothing can move: after waits for node part",
    });
  });
});
