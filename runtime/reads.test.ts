import { describe, expect, it } from "vitest";
import { Bench, done } from "../test/engine.ts";
import { planOf, type TestNode } from "../test/plans.ts";
import { makeCtx } from "./executors/compute/worker/ctx.mjs";

/** What is read of `made`, which stands in nested loops, as Core text and as JavaScript. */
const READS: { readonly [name: string]: string } = {
  maybe: "ctx.outputMaybe('row', { nodeId: 'made' }) ?? null",
  latest: "ctx.latest('row', 'made') ?? null",
  first: "ctx.outputMaybe('row', { nodeId: 'made', iteration: 0 }) ?? null",
  second: "ctx.outputMaybe('row', { nodeId: 'made', iteration: 1 }) ?? null",
  count: "ctx.iterationCount('row', 'made')",
  all: "ctx.outputs.row.length",
  none: "ctx.outputs.never.length",
  text: "ctx.latest('name', 'named') ?? null",
  list: "ctx.latestArray('[1,2]').length",
};

const reading = (parent: string): { readonly [key: string]: TestNode } => {
  const at = parent === "w" ? "" : `-${parent}`;
  const text = Object.entries(READS).map(([name, read]) => `${name}: ${read}`);
  return {
    [`core${at}`]: {
      kind: "task",
      parent,
      output: "core",
      payload: { $: `({ ${text.join(", ")} })` },
    } as TestNode,
    [`code${at}`]: { kind: "task", parent, output: "code", module: "read", reads: ["outputs"] } as TestNode,
  };
};

describe("reading rows in a compute function", () => {
  it("gives what an expression at the same place gives, in nested loops too", async () => {
    const loop = (parent: string): TestNode =>
      ({ kind: "loop", parent, until: "ctx.iteration >= 2", maxIterations: 5 }) as TestNode;
    const plan = planOf(
      {
        named: { kind: "task", output: "name", payload: "bob" } as TestNode,
        outer: loop("w"),
        ...reading("outer"),
        inner: loop("outer"),
        ...reading("inner"),
        made: {
          kind: "task",
          parent: "inner",
          output: "row",
          payload: { $: "({ v: `${ctx.iterations.outer}.${ctx.iteration}` })" },
        } as TestNode,
        ...reading("w"),
      },
      {
        schemas: { row: "z.object({ v: z.string() })", never: "z.object({})", name: "z.string()" },
        modules: { read: { captures: [], code: [""], digest: "", externals: {} } as never },
      },
    );
    const read = new Function(
      "ctx",
      `return ({ ${Object.entries(READS)
        .map((pair) => pair.join(": "))
        .join(", ")} })`,
    );
    const bench = new Bench(plan, (request) =>
      done(request.kind === "compute" ? read(makeCtx(structuredClone(request.ctx) as never)) : null),
    );
    const result = await bench.run();
    expect(result).toMatchObject({ status: "finished" });
    const rowsOf = (table: string) =>
      result.outputs[table]?.map(({ nodeId, iteration, all: _, ...row }) => ({ ...row, iteration }));
    expect(rowsOf("code")).toEqual(rowsOf("core"));
    expect(result.outputs.code).toHaveLength(7);
  });

  it("hands over the rows that are read, and no more", async () => {
    const given: unknown[] = [];
    const task = (payload: string) => ({ kind: "task", output: "row", payload }) as TestNode;
    const reader = (...reads: string[]) =>
      ({ kind: "task", output: "code", module: "read", reads: ["input.x", ...reads] }) as TestNode;
    const plan = planOf(
      {
        "a-1": task("one"),
        "a-2": task("two"),
        "b.*": task("three"),
        exact: reader("outputs.row@a-2"),
        pattern: reader("outputs.row@{}-1", "outputs.row@b.*"),
        both: reader("outputs.row@a-1", "outputs.row"),
        any: reader("outputs.*"),
        none: reader(),
      },
      { modules: { read: { captures: [], code: [""], digest: "", externals: {} } as never } },
    );
    const bench = new Bench(plan, (request) => {
      if (request.kind !== "compute") return done(null);
      const ctx = makeCtx(structuredClone(request.ctx) as never);
      const seen = ["a-1", "a-2", "b.*"].map((nodeId) => ctx.latest("row", nodeId) ?? null);
      given.push([seen, ctx.outputs("row").length]);
      return done({});
    });
    expect((await bench.run()).status).toBe("finished");
    expect(given).toEqual([
      [[null, "two", null], 0],
      [["one", null, "three"], 0],
      [["one", "two", "three"], 3],
      [["one", "two", "three"], 3],
      [[null, null, null], 0],
    ]);
  });
});
