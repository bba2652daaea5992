/** Plans that write where nothing may be written, by hand or by a compiler's fault (SEMANTICS 59). */
import { describe, expect, it } from "vitest";
import { Bench } from "../test/engine.ts";
import { computed, planOf, type TestNode, value } from "../test/plans.ts";
import { memoryReader } from "./store/index.ts";

const ROW = "ctx.output('row', { nodeId: 'made' })";
const made = value({ deep: [1, 2] });
/** Reads what the others tried to write to, after them. */
const after = computed(`[${ROW}.v.deep.join(), list.join()]`);
const w = {
  kind: "workflow",
  values: { list: { expr: "[1, 2]", reads: [] }, size: { expr: "list.length", reads: [] } },
} as TestNode;

describe("59: an expression that writes", () => {
  it.each([
    ["to a row", `${ROW}.v.deep.push(3)`],
    ["to a field of a row", `((row) => { row.v = 0; return row.v; })(${ROW})`],
    ["to a row of a table", "((rows) => { rows[0].v.deep[0] = 9; return 1; })(ctx.outputs.row)"],
    ["to a table", "ctx.outputs.row.pop()"],
    ["to a named value", "list.push(3)"],
    ["to the input", "((input) => { input.n = 2; return 2; })(ctx.input)"],
  ])("%s is an error that names it, and changes nothing that others read", async (_, expr) => {
    const bench = new Bench(planOf({ w, made, writes: computed(expr, { continueOnFail: true }), after }));
    const { status, outputs } = await bench.run({ input: { n: 1 } });
    expect(status).toBe("finished");
    expect(outputs.row?.map(({ nodeId }) => nodeId)).toEqual(["made", "after"]);
    expect(outputs.row?.at(-1)?.v).toEqual(["1,2", "1,2"]);
    const failure = bench.events.find(({ type }) => type === "task.failed")?.data;
    expect(failure).toMatchObject({ nodeId: "writes", code: "FROZEN" });
    expect(String(failure?.message)).toContain(`, in nodes.writes.start: ({ v: ${expr} })`.slice(0, 80));
    const { outputs: stored } = await memoryReader(bench.space).journal();
    expect(stored[0]?.value).toEqual({ v: { deep: [1, 2] } });
  });

  it("as a condition fails the run, which names the condition", async () => {
    const bench = new Bench(planOf({ w, made, writes: value(1, { if: "list.push(3) > 0" }), after }));
    expect(await bench.run()).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(
        /^nothing can move: push\(\) .* is frozen, in nodes\.writes\.if: list\.push\(3\) > 0$/,
      ),
    });
  });

  it("as a named value is an error of that value, for whoever reads it", async () => {
    const values = { ...(w as { values: object }).values, worse: { expr: "list.push(3)", reads: [] } };
    const bench = new Bench(
      planOf({ w: { kind: "workflow", values } as TestNode, made, reads: computed("worse") }),
    );
    expect(await bench.run()).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(/is frozen, in w\.values\.worse: list\.push\(3\)$/),
    });
  });
});
