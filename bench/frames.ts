/**
 * What a frame costs in which one cell changed: in a plan of 10,000 nodes against one of 10, of which all but a loop of one
 * task wait for a person (goal: CPU at most 2×); and with readers of all rows of a table, which cost their rows. In memory,
 * so that nothing but the interpreter counts; CPU of the process, from the first round of the loop to its last.
 */
import { seal } from "../plan/index.ts";
import type { Plan } from "../plan/types.ts";
import { run } from "../runtime/index.ts";
import { memoryStore } from "../runtime/store/index.ts";
import { computed, planOf, type TestNode } from "../test/plans.ts";
import { exponent, median } from "./lib/count.ts";
import { schemas } from "./lib/shapes.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const FRAMES = Number(process.env.FRAMES ?? 400);
/** Rounds of the loop that are not counted: in a large plan the first of them pay for what was mounted just before. */
const WARM = 50;

/** A loop of one task beside tasks that wait for a decision, and conditions on all rows of the loop's table. */
function planWith(waiting: number, readers: number, frames: number): Plan {
  const nodes: { [key: string]: TestNode } = {
    all: { kind: "parallel" },
    rounds: {
      kind: "loop",
      parent: "all",
      until: `(ctx.latest('row', 'work')?.v ?? 0) >= ${frames}`,
      maxIterations: frames,
    },
    work: computed("(ctx.latest('row', 'work')?.v ?? 0) + 1", { parent: "rounds" }),
    ask: { kind: "approval", parent: "all" } as TestNode,
  };
  for (let n = 0; n < waiting; n++)
    nodes[`waits${n}`] = computed("1", { parent: "all", dependsOn: ["ask"] } as Partial<TestNode>);
  for (let n = 0; n < readers; n++)
    nodes[`reads${n}`] = computed("1", {
      parent: "all",
      if: `ctx.outputs.row.filter((row) => row.v < 0).length > ${n}`,
    } as Partial<TestNode>);
  return seal(planOf(nodes, { schemas }));
}

/** Microseconds of CPU a frame. */
async function frameCost(plan: Plan, frames: number): Promise<number> {
  let begun: NodeJS.CpuUsage | null = null;
  let used: NodeJS.CpuUsage | null = null;
  const { status, reason } = await run(plan, {
    root: process.cwd(),
    store: memoryStore(),
    onEvent: ({ type, data }) => {
      if (type !== "task.finished") return;
      if (data.iteration === WARM) begun = process.cpuUsage();
      if (data.iteration === frames - 1 && begun) used = process.cpuUsage(begun);
    },
  });
  if (status !== "waiting" || !used) throw new Error(`${status}: ${reason}`);
  const { user, system } = used as NodeJS.CpuUsage;
  return (user + system) / (frames - 1 - WARM);
}

async function compared(plans: readonly Plan[], frames: number): Promise<readonly number[]> {
  const all: number[][] = plans.map(() => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [at, plan] of plans.entries()) all[at]?.push(await frameCost(plan, frames));
  return all.map(median);
}

for (const readers of [0, 10, 0]) await frameCost(planWith(6, readers, 300), 300);
const [small, large] = (await compared([planWith(6, 0, FRAMES), planWith(9_996, 0, FRAMES)], FRAMES)) as [
  number,
  number,
];
console.log(
  `one changed cell   10 nodes ${small.toFixed(0)} µs a frame, 10,000 nodes ${large.toFixed(0)} µs  ${(large / small).toFixed(2)}×  (goal ≤ 2)`,
);

const SIZES = [100, 200, 400, 800];
for (const readers of [1, 10]) {
  const points: (readonly [number, number])[] = [];
  for (const rows of SIZES) {
    const [plain, reading] = (await compared([planWith(6, 0, rows), planWith(6, readers, rows)], rows)) as [
      number,
      number,
    ];
    points.push([rows, Math.max(1, reading - plain)]);
    const a = (reading - plain) / readers / (rows / 2);
    console.log(
      `${String(readers).padStart(2)} readers of all rows, ${String(rows).padStart(4)} rows  ${reading.toFixed(0)} µs a frame  ${(reading / plain).toFixed(2)}× those without  ${a.toFixed(2)} µs a reader and row`,
    );
  }
  console.log(
    `${String(readers).padStart(2)} readers of all rows, exponent ${exponent(points).toFixed(2)} (1: they cost their rows)`,
  );
}
