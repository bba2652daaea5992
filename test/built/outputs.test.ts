/** Which row a read gives, and what waits for it (SEMANTICS 20, 21). */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { build } from "../../compiler/index.ts";
import type { Plan } from "../../plan/types.ts";
import { Bench, done } from "../engine.ts";
import { computed, planOf, type TestNode } from "../plans.ts";

const MAYBE = "ctx.outputMaybe('row', { nodeId: 'make' })?.v ?? 'none'";
const LATEST = "ctx.latest('row', 'make')?.v ?? 'none'";
const OUTPUT = "ctx.output('row', { nodeId: 'make' }).v";
const reader = (expr: string, more: object = {}): TestNode =>
  computed(expr, { output: "seen", ...more } as Partial<TestNode>);

/** What each reader saw, by its iteration. */
async function seenIn(nodes: { readonly [key: string]: TestNode }): Promise<{ [nodeId: string]: unknown[] }> {
  const { status, reason, outputs } = await new Bench(planOf(nodes)).run();
  expect({ status, reason }).toEqual({ status: "finished", reason: null });
  const seen: { [nodeId: string]: unknown[] } = {};
  for (const { nodeId, v } of outputs.seen ?? []) {
    const id = String(nodeId);
    seen[id] = [...(seen[id] ?? []), v];
  }
  return seen;
}

describe("20: of the rows that a loop makes", () => {
  const loop: TestNode = { kind: "loop", maxIterations: 3 };
  const make = (parent: string): TestNode => computed("`of ${ctx.iteration}`", { parent });

  it("a read inside gives that of its own iteration, else the newest earlier one", async () => {
    const seen = await seenIn({
      l: loop,
      before: reader(`[${MAYBE}, ${LATEST}]`, { parent: "l" }),
      make: make("l"),
      after: reader(`[${MAYBE}, ${LATEST}, ${OUTPUT}]`, { parent: "l" }),
    });
    expect(seen.before).toEqual([
      ["none", "none"],
      ["of 0", "of 0"],
      ["of 1", "of 1"],
    ]);
    expect(seen.after).toEqual(["of 0", "of 1", "of 2"].map((row) => [row, row, row]));
  });

  it("`output` inside waits for that of its own iteration, whatever earlier ones there are", async () => {
    const seen = await seenIn({
      l: loop,
      p: { kind: "parallel", parent: "l" },
      beside: reader(OUTPUT, { parent: "p" }),
      make: make("p"),
    });
    expect(seen.beside).toEqual(["of 0", "of 1", "of 2"]);
  });

  it("a read from outside gives the highest finished; `output` waits until the loop is closed", async () => {
    const seen = await seenIn({
      p: { kind: "parallel" },
      waits: reader(OUTPUT, { parent: "p" }),
      early: reader(MAYBE, { parent: "p", if: "ctx.outputs.row.length >= 2" }),
      l: { ...loop, parent: "p" } as TestNode,
      make: make("l"),
    });
    expect(seen).toEqual({ early: ["of 1"], waits: ["of 2"] });
  });

  it("of nested ones the highest is the last of the last; within, none of another enclosing iteration", async () => {
    const seen = await seenIn({
      outer: { kind: "loop", maxIterations: 2 },
      inner: { kind: "loop", parent: "outer", maxIterations: 2 },
      before: reader(MAYBE, { parent: "inner" }),
      make: computed("`${ctx.iterations.outer}.${ctx.iteration}`", { parent: "inner" }),
      after: reader(MAYBE),
    });
    expect(seen).toEqual({ before: ["none", "0.0", "none", "1.0"], after: ["1.1"] });
  });

  it("`iteration` gives exactly that one, or none", async () => {
    const of = (n: number): string =>
      `ctx.outputMaybe('row', { nodeId: 'make', iteration: ${n} })?.v ?? 'none'`;
    const seen = await seenIn({
      l: loop,
      make: make("l"),
      within: reader(`[${of(0)}, ${of(1)}]`, { parent: "l" }),
      outside: reader(
        `[${of(0)}, ${of(2)}, ${of(3)}, ctx.output('row', { nodeId: 'make', iteration: 1 }).v]`,
      ),
    });
    expect(seen.within).toEqual([
      ["of 0", "none"],
      ["of 0", "of 1"],
      ["of 0", "of 1"],
    ]);
    expect(seen.outside).toEqual([["of 0", "of 2", "none", "of 1"]]);
  });

  it("`outputs.t` has all, in the order in which they came, each with its node and iteration", async () => {
    const nodes: { [key: string]: TestNode } = {
      l: { kind: "loop", maxIterations: 2 },
      p: { kind: "parallel", parent: "l" },
      slow: { kind: "task", parent: "p", output: "row", agent: "a", prompt: "20" } as TestNode,
      quick: { kind: "task", parent: "p", output: "row", agent: "a", prompt: "1" } as TestNode,
      all: reader("ctx.outputs.row.map((row) => `${row.nodeId} ${row.iteration}`)"),
    };
    const bench = new Bench(planOf(nodes), async (request) => {
      const ms = request.kind === "agent" ? Number(request.prompt) : 0;
      await new Promise((resolve) => setTimeout(resolve, ms));
      return done({ v: ms });
    });
    const { outputs } = await bench.run();
    expect(outputs.seen?.[0]?.v).toEqual(["quick 0", "slow 0", "quick 1", "slow 1"]);
  });

  it("a read that is hoisted out of the loop gives the row that it gives inside", async () => {
    const root = mkdtempSync(path.join(os.tmpdir(), "smithers-outputs-"));
    try {
      const file = path.join(root, "workflow.tsx");
      writeFileSync(
        file,
        `import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Loop, smithers, outputs } = createSmithers({
  input: z.object({}),
  row: z.object({ v: z.number() }),
  seen: z.object({ inside: z.number(), hoisted: z.number() }),
});
export default smithers((ctx) => {
  const hoisted = ctx.latest(outputs.row, "make")?.v ?? -1;
  return (
    <Workflow name="w">
      <Loop id="l" maxIterations={3}>
        <Task id="before" output={outputs.seen}>{{ inside: ctx.latest(outputs.row, "make")?.v ?? -1, hoisted }}</Task>
        <Task id="make" output={outputs.row}>{{ v: ctx.iteration }}</Task>
        <Task id="after" output={outputs.seen}>{{ inside: ctx.latest(outputs.row, "make")?.v ?? -1, hoisted }}</Task>
      </Loop>
    </Workflow>
  );
});
`,
      );
      const { plan } = await build(file, { root });
      // The read stands once around the loop: it was not copied into it.
      expect((plan as Plan).nodes.w?.values).toHaveProperty("hoisted");
      const { outputs } = await new Bench(plan as Plan).run({ input: {} });
      expect(outputs.seen?.map(({ nodeId, inside, hoisted }) => [nodeId, inside, hoisted])).toEqual([
        ["before", -1, -1],
        ["after", 0, 0],
        ["before", 0, 0],
        ["after", 1, 1],
        ["before", 1, 1],
        ["after", 2, 2],
      ]);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  it("a read that is hoisted out of nested loops is one from outside of them: there are the rows of all rounds", async () => {
    // The lint SM307 says so of both.
    const folder = path.join(import.meta.dirname, "../../fixtures/error/SM307-nested-loops");
    const { plan } = await build(path.join(folder, "workflow.tsx"), { root: folder });
    const { outputs } = await new Bench(plan as Plan).run({ input: {} });
    const seen = outputs.seen?.map((row) => [row.nodeId, row.inside, row.middle, row.outside]);
    expect(seen).toEqual([
      ["before", "none", "none", "none"],
      ["after", "0.0", "0.0", "0.0"],
      ["before", "0.0", "0.0", "0.0"],
      ["after", "0.1", "0.1", "0.1"],
      ["before", "none", "0.1", "0.1"],
      ["after", "1.0", "1.0", "1.0"],
      ["before", "1.0", "1.0", "1.0"],
      ["after", "1.1", "1.1", "1.1"],
    ]);
  });
});

describe("21: a prompt that reads the row of a task which has not finished", () => {
  it("waits for it from the first frame on, and begins once it is there", async () => {
    const prompts: string[] = [];
    const agent = (prompt: unknown): TestNode =>
      ({ kind: "task", parent: "p", output: "row", agent: "a", prompt }) as TestNode;
    const bench = new Bench(
      planOf({
        p: { kind: "parallel" },
        reads: agent({ $: "`got ${ctx.output('row', { nodeId: 'late' }).v}`" }),
        late: agent("late"),
      }),
      (request) => {
        if (request.kind === "agent") prompts.push(request.prompt);
        return done({ v: 7 });
      },
    );
    expect(await bench.run()).toMatchObject({ status: "finished", reason: null });
    expect(prompts).toEqual(["late", "got 7"]);
    expect(bench.nodes("task.failed")).toEqual([]);
  });
});
