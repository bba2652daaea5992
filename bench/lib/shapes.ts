/** Plans of any size for the runtime's benchmarks. */
import { seal } from "../../plan/index.ts";
import type { Plan } from "../../plan/types.ts";
import { computed, planOf, type TestNode, value } from "../../test/plans.ts";

export const schemas = { row: "z.object({ v: z.number() })" };

const add = {
  code: ["export default ({ n }) => ({ v: n + 1 });"],
  captures: ["n"],
  externals: {},
  digest: "",
  artifact: "",
};
const adding = (n: string, more: Pick<TestNode, "parent" | "id" | "each"> = {}): TestNode => ({
  kind: "task",
  output: "row",
  module: "add",
  captures: { n: { $: n } },
  ...more,
});

/** Tasks of which each reads the one before. */
function chainOf(size: number): { readonly [key: string]: TestNode } {
  const nodes: { [key: string]: TestNode } = {};
  for (let index = 0; index < size; index++)
    nodes[`t${index}`] =
      index === 0 ? value(0) : computed(`ctx.output('row', { nodeId: 't${index - 1}' }).v + 1`);
  return nodes;
}

/** One instance for each number `x`. */
const ofEach = (size: number): Pick<TestNode, "id" | "each"> => ({
  id: { $: "`work-${x}`" },
  each: { of: `Array.from({ length: ${size} }, (_, i) => i)`, as: "x", key: "x" },
});

/** Goes round until `work` has counted so far. */
const counting = (size: number): TestNode => ({
  kind: "loop",
  until: `(ctx.latest('row', 'work')?.v ?? 0) >= ${size}`,
  maxIterations: size,
});

/** Plans of so many tasks. */
export const shapes: { readonly [name: string]: (size: number) => Plan } = {
  sequence: (size) => seal(planOf(chainOf(size), { schemas })),
  "fan-out": (size) =>
    seal(
      planOf(
        {
          fan: { kind: "parallel" },
          work: computed("x", {
            parent: "fan",
            ...ofEach(size),
          }),
          last: computed("ctx.output('row', { nodeId: 'work-0' }).v"),
        },
        { schemas },
      ),
    ),
  "fan-out of 4": (size) =>
    seal(
      planOf(
        {
          fan: { kind: "parallel", maxConcurrency: 4 },
          work: computed("x", {
            parent: "fan",
            ...ofEach(size),
          }),
        },
        { schemas },
      ),
    ),
  "compute sequence": (size) => {
    const nodes: { [key: string]: TestNode } = {};
    for (let index = 0; index < size; index++) {
      const n = index === 0 ? "0" : `ctx.output('row', { nodeId: 't${index - 1}' }).v`;
      nodes[`t${index}`] = adding(n);
    }
    return seal(planOf(nodes, { schemas, modules: { add } }));
  },
  "compute fan-out": (size) =>
    seal(
      planOf(
        {
          fan: { kind: "parallel" },
          work: adding("x", {
            parent: "fan",
            ...ofEach(size),
          }),
        },
        { schemas, modules: { add } },
      ),
    ),
  "compute loop": (size) =>
    seal(
      planOf(
        {
          rounds: counting(size),
          work: adding("ctx.latest('row', 'work')?.v ?? 0", { parent: "rounds" }),
        },
        { schemas, modules: { add } },
      ),
    ),
  loop: (size) =>
    seal(
      planOf(
        {
          rounds: counting(size),
          work: computed("(ctx.latest('row', 'work')?.v ?? 0) + 1", { parent: "rounds" }),
        },
        { schemas },
      ),
    ),
};

/** A sequence before something that only a person can move on: each time it is taken up it finds all its tasks done. */
export function sequenceThatWaits(size: number): Plan {
  return seal(planOf({ ...chainOf(size), ask: { kind: "approval" } as TestNode }, { schemas }));
}
