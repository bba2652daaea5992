/** A workflow with some of everything that a crash could hurt. */
import { seal } from "../plan/index.ts";
import type { Plan } from "../plan/types.ts";
import { computed, planOf, type TestNode, value } from "./plans.ts";

export function crashPlan(): Plan {
  const agent = (prompt: string, more: object): TestNode =>
    ({ kind: "task", agent: "a", output: "row", prompt: { $: prompt }, ...more }) as TestNode;
  return seal(
    planOf(
      {
        first: value("start"),
        fan: { kind: "parallel", maxConcurrency: 3 },
        work: agent("`item ${x} after ${ctx.output('row', { nodeId: 'first' }).v}`", {
          parent: "fan",
          id: { $: "`work-${x}`" },
          each: { of: "[1, 2, 3, 4, 5, 6]", as: "x", key: "x" },
        }),
        skipped: value(0, { skipIf: "ctx.outputs.row.length > 3" }),
        rounds: { kind: "loop", until: "ctx.iterationCount('row', 'check') >= 4", maxIterations: 9 },
        draft: agent("`draft ${ctx.iteration} on ${ctx.latest('row', 'check')?.v ?? 'nothing'}`", {
          parent: "rounds",
        }),
        inner: { kind: "loop", parent: "rounds", maxIterations: 2 },
        polish: agent("`polish ${ctx.output('row', { nodeId: 'draft' }).v}`", { parent: "inner" }),
        check: computed("ctx.output('row', { nodeId: 'polish' }).v.length", { parent: "rounds" }),
        never: computed("'after the last check'", { parent: "rounds" }),
        last: computed("ctx.outputs.row.length"),
      },
      {
        agents: { a: { kind: "anthropic", options: {} } },
        schemas: { row: "z.object({ v: z.union([z.string(), z.number()]) })" },
      },
    ),
  );
}
