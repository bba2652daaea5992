import { describe, expect, it } from "vitest";
import type { Plan } from "../plan/types.ts";
import { computed, planOf, type TestNode, value } from "../test/plans.ts";
import { previewFrame } from "./preview.ts";
import type { PreviewRow } from "./preview-rows.ts";

const row = (nodeId: string, v: number, iteration = 0): PreviewRow => ({
  table: "row",
  nodeId,
  iteration,
  row: { v },
});

/** `id#iteration state`, one a task. */
const states = (plan: Plan, rows: readonly PreviewRow[] = []): string[] =>
  previewFrame(plan, {}, rows).tasks.map(({ nodeId, iteration, state }) => `${nodeId}#${iteration} ${state}`);

const chain: { [key: string]: TestNode } = {
  a: value(1),
  b: computed("ctx.output('row', { nodeId: 'a' }).v + 1"),
  c: value(3, { if: "ctx.outputMaybe('row', { nodeId: 'b' })?.v === 2" }),
};

describe("previewFrame", () => {
  it("shows a sequence before anything ran, with what a prompt or payload waits for", () => {
    const { tasks, finished } = previewFrame(planOf(chain), {}, []);
    expect(tasks).toMatchObject([
      { nodeId: "a", state: "ready", kind: "static", output: "row", payload: { v: 1 } },
      { nodeId: "b", state: "pending", payload: null, missing: { payload: "outputs.row@a" } },
    ]);
    expect(finished).toBe(false);
  });

  it("moves on with the rows", () => {
    expect(states(planOf(chain), [row("a", 1)])).toEqual(["a#0 finished", "b#0 ready"]);
    expect(states(planOf(chain), [row("a", 1), row("b", 2)])).toEqual([
      "a#0 finished",
      "b#0 finished",
      "c#0 ready",
    ]);
    expect(previewFrame(planOf(chain), {}, [row("a", 1), row("b", 2), row("c", 3)]).finished).toBe(true);
  });

  it("shows how phases stand, and that an end ends the run", () => {
    const plan = planOf({
      one: { kind: "phase", name: "One" } as TestNode,
      a: value(1, { parent: "one" }),
      two: { kind: "step", name: { $: "`Two ${ctx.outputs.row.length}`" } } as TestNode,
      b: value(2, { parent: "two" }),
      three: { kind: "phase", name: "Three", skipIf: "ctx.outputs.row.length > 1" } as TestNode,
      c: value(3, { parent: "three" }),
      e: { kind: "end", summary: "done" } as TestNode,
      d: value(4),
    });
    const shown = (rows: readonly PreviewRow[]) =>
      previewFrame(plan, {}, rows).tree[0]?.children.flatMap(({ stage }) =>
        stage ? [`${stage.name} ${stage.state}`] : [],
      );
    expect(shown([])).toEqual(["One running", "Two 0 pending", "Three pending"]);
    expect(shown([row("a", 1)])).toEqual(["One finished", "Two 1 running", "Three pending"]);
    expect(shown([row("a", 1), row("b", 2)])).toEqual(["One finished", "Two 2 finished", "Three skipped"]);
    expect(previewFrame(plan, {}, [row("a", 1)]).finished).toBe(false);
    const { finished, tasks } = previewFrame(plan, {}, [row("a", 1), row("b", 2)]);
    expect(finished).toBe(true);
    expect(tasks.map(({ nodeId, state }) => `${nodeId} ${state}`)).toEqual([
      "a finished",
      "b finished",
      "e finished",
      "d skipped",
    ]);
  });

  it("says that a task has two rows of one iteration", () => {
    const { warnings } = previewFrame(planOf(chain), {}, [row("a", 1), row("b", 2), row("a", 3)]);
    expect(warnings).toEqual([
      expect.stringMatching(/^row 2: "a" has a row of iteration 0 already \(row 0\)/),
    ]);
  });

  it("takes rows of several iterations, and of one in several outer ones, for different ones", () => {
    const plan = planOf({
      outer: { kind: "loop", until: "false", maxIterations: 2 },
      inner: { kind: "loop", until: "false", maxIterations: 2, parent: "outer" },
      work: value(1, { parent: "inner" }),
    });
    const at = (nodeId: string, iteration: number): PreviewRow => row(nodeId, 1, iteration);
    const rows = [at("work@@outer=0", 0), at("work@@outer=0", 1), at("work@@outer=1", 0)];
    expect(previewFrame(plan, {}, rows).warnings).toEqual([]);
    expect(previewFrame(plan, {}, [...rows, at("work@@outer=1", 0)]).warnings).toEqual([
      expect.stringMatching(/^row 3: "work@@outer=1" has a row of iteration 0 already \(row 2\)/),
    ]);
  });

  it("gives a loop's tasks in the iteration the rows have reached", () => {
    const plan = planOf({
      l: { kind: "loop", until: "ctx.latest('row', 'work')?.v > 1", maxIterations: 3 },
      work: computed("(ctx.latest('row', 'work')?.v ?? 0) + 1", { parent: "l" }),
      fix: value(0, { parent: "l" }),
      after: computed("ctx.output('row', { nodeId: 'work' }).v"),
    });
    expect(states(plan)).toEqual(["work#0 ready", "fix#0 pending", "after#0 pending"]);
    expect(states(plan, [row("work", 1), row("fix", 0)])).toEqual([
      "work#1 ready",
      "fix#1 pending",
      "after#0 pending",
    ]);
    const closing = previewFrame(plan, {}, [row("work", 1), row("fix", 0), row("work", 2, 1)]);
    expect(closing.tasks).toMatchObject([
      { nodeId: "work", iteration: 1, state: "finished", loop: "l" },
      { nodeId: "fix", iteration: 1, state: "skipped" },
      { nodeId: "after", state: "ready", payload: { v: 2 }, loop: null },
    ]);
  });

  it("names what holds a place", () => {
    const plan = planOf({
      a: value(1, { if: "ctx.output('row', { nodeId: 'later' }).v > 0" }),
      p: { kind: "parallel" },
      later: value(2, { parent: "p" }),
      broken: value(3, { parent: "p", if: "ctx.outputMaybe('row', { nodeId: 'a' }).v > 0" }),
    });
    const frame = previewFrame(plan, {}, []);
    expect(frame.tasks).toMatchObject([{ nodeId: "later", state: "pending", parallel: "p" }]);
    expect(frame.held).toMatchObject([
      { where: "nodes.a.if", waitsFor: "outputs.row@later", error: false },
      { where: "nodes.broken.if", error: true },
    ]);
  });

  it("mounts one task an item, by key", () => {
    const plan = planOf({
      t: value(1, { each: { of: "ctx.input.names", as: "n", key: "n" } }),
      s: computed("n", { id: { $: "`say-${n}`" }, each: { of: "ctx.input.names", as: "n", key: "n" } }),
    });
    const { tasks } = previewFrame(plan, { names: ["x", "y"] }, []);
    expect(tasks.map(({ nodeId }) => nodeId)).toEqual(["t:x", "t:y", "say-x", "say-y"]);
  });

  it("refuses input that does not fit", () => {
    const plan = planOf(chain, {
      schemas: { input: "z.object({ goal: z.string() })" },
      input: { schema: "input" },
    });
    expect(() => previewFrame(plan, {}, [])).toThrow(/goal: .*expected string/);
  });
});

describe("a preview with state", () => {
  it("shows what handlers and effects write of the rows that are given", () => {
    const plan = planOf({
      a: value(1, { onFinished: "(row, { state }) => state.update('n', (n) => (n ?? 0) + row.v)" }),
      b: value(2, { if: "ctx.state.get('n', 0) > 1" }),
      e: {
        kind: "effect",
        watches: { $: "[ctx.state.get('n')]" },
        run: "([n], { vol }) => vol.set('seen', n ?? 'none')",
      },
      c: value(3, { onFinished: "() => { throw new Error('no'); }" }),
    });
    const empty = previewFrame(plan, {}, []);
    expect(empty.state).toBeUndefined();
    expect(empty.vol).toEqual({ seen: "none" });
    const frame = previewFrame(plan, {}, [row("a", 5), row("c", 1)]);
    expect(frame).toMatchObject({
      state: { n: 5 },
      vol: { seen: 5 },
      warnings: ["onFinished of c wrote nothing: no"],
    });
    expect(frame.tasks.map(({ nodeId }) => nodeId)).toEqual(["a", "b", "c"]);
    expect(frame.tree[0]?.children.map(({ kind }) => kind)).toContain("effect");
  });

  it("ends with effects that go on by themselves", () => {
    const plan = planOf({
      e: {
        kind: "effect",
        watches: { $: "[ctx.state.get('n', 0)]" },
        run: "([n], { state }) => state.set('n', n + 1)",
      },
    });
    expect(previewFrame(plan, {}, [])).toMatchObject({
      state: { n: 10 },
      warnings: [expect.stringMatching(/go on by themselves/)],
    });
  });
});
