/**
 * What a durable step costs: sequences, fan-outs and loops of static tasks, and a sequence of compute tasks in their
 * processes, on the real store, against a raw append + fdatasync in the same run. Prints milliseconds a step, the ratio
 * to the append, and the growth exponent of the whole run's time (1: each step costs the same). Results that come
 * together share one commit, so a fan-out may cost less than an append a step; sequences and loops never share one.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { seal } from "../plan/index.ts";
import type { Plan } from "../plan/types.ts";
import { createExecutors } from "../runtime/executors/index.ts";
import { run } from "../runtime/index.ts";
import { computed, planOf, type TestNode, value } from "../test/plans.ts";
import { exponent, median } from "./lib.ts";

const SIZES = (process.env.SIZES ?? "10,30,100,300,1000").split(",").map(Number);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const scratch = mkdtempSync(path.join(os.tmpdir(), "smithers-bench-"));
const schemas = { row: "z.object({ v: z.number() })" };

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

const shapes: { readonly [name: string]: (size: number) => Plan } = {
  sequence: (size) => {
    const nodes: { [key: string]: TestNode } = {};
    for (let index = 0; index < size; index++)
      nodes[`t${index}`] =
        index === 0 ? value(0) : computed(`ctx.output('row', { nodeId: 't${index - 1}' }).v + 1`);
    return seal(planOf(nodes, { schemas }));
  },
  "fan-out": (size) =>
    seal(
      planOf(
        {
          fan: { kind: "parallel" },
          work: computed("x", {
            parent: "fan",
            id: { $: "`work-${x}`" },
            each: { of: `Array.from({ length: ${size} }, (_, i) => i)`, as: "x", key: "x" },
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
            id: { $: "`work-${x}`" },
            each: { of: `Array.from({ length: ${size} }, (_, i) => i)`, as: "x", key: "x" },
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
            id: { $: "`work-${x}`" },
            each: { of: `Array.from({ length: ${size} }, (_, i) => i)`, as: "x", key: "x" },
          }),
        },
        { schemas, modules: { add } },
      ),
    ),
  "compute loop": (size) =>
    seal(
      planOf(
        {
          rounds: {
            kind: "loop",
            until: `(ctx.latest('row', 'work')?.v ?? 0) >= ${size}`,
            maxIterations: size,
          },
          work: adding("ctx.latest('row', 'work')?.v ?? 0", { parent: "rounds" }),
        },
        { schemas, modules: { add } },
      ),
    ),
  loop: (size) =>
    seal(
      planOf(
        {
          rounds: {
            kind: "loop",
            until: `(ctx.latest('row', 'work')?.v ?? 0) >= ${size}`,
            maxIterations: size,
          },
          work: computed("(ctx.latest('row', 'work')?.v ?? 0) + 1", { parent: "rounds" }),
        },
        { schemas },
      ),
    ),
};

/** Milliseconds of one append of a few hundred bytes, made durable. */
function appendMs(): number {
  const file = openSync(path.join(scratch, "append"), "w");
  const record = Buffer.alloc(400, "x");
  const times: number[] = [];
  for (let index = 0; index < 100; index++) {
    const start = performance.now();
    writeSync(file, record);
    fdatasyncSync(file);
    times.push(performance.now() - start);
  }
  closeSync(file);
  return median(times);
}

/** Milliseconds from the first event to the last: plan and store are open, the process is warm. */
async function runMs(plan: Plan): Promise<number> {
  const root = mkdtempSync(path.join(scratch, "run-"));
  const executors = createExecutors();
  if (Object.keys(plan.modules).length > 0) {
    executors.warm(2, root);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  let start = 0;
  let end = 0;
  const result = await run(plan, {
    root,
    executors,
    onEvent: ({ type }) => {
      if (type === "run.started") start = performance.now();
      end = performance.now();
    },
  });
  await executors.close();
  rmSync(root, { recursive: true });
  if (result.status !== "finished") throw new Error(`${result.status}: ${result.reason}`);
  return end - start;
}

try {
  await runMs((shapes.sequence as (size: number) => Plan)(100));
  for (const [name, make] of Object.entries(shapes)) {
    const points: (readonly [number, number])[] = [];
    for (const size of SIZES) {
      const plan = make(size);
      // The disk's mood changes by the second: each run stands beside the appends just before and after it.
      const rounds: { readonly ms: number; readonly append: number }[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const before = appendMs();
        const ms = await runMs(plan);
        rounds.push({ ms, append: (before + appendMs()) / 2 });
      }
      const ms = median(rounds.map((round) => round.ms));
      const append = median(rounds.map((round) => round.append));
      const ratio = median(rounds.map((round) => round.ms / size / round.append));
      points.push([size, ms]);
      const step = (ms / size).toFixed(3);
      console.log(
        `${name.padEnd(16)} ${String(size).padStart(6)}  ${step} ms a step  append ${append.toFixed(3)} ms  ratio ${ratio.toFixed(2)}`,
      );
    }
    const large = points.filter(([size]) => size >= 30);
    console.log(
      `${name.padEnd(16)} exponent ${exponent(large.length > 1 ? large : points).toFixed(2)} (from 30 up)`,
    );
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
