/**
 * Runs of a workflow under test, in memory: how many a second, each with the proof of its replay, as `smithers test` and
 * `smithers/testing` do them (goal: hundreds). Beside it what a run costs that shares nothing with those before it, as of a
 * plan that is loaded anew each time.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Json } from "../plan/types.ts";
import { readTestFile, runCase } from "../testing/cases.ts";
import { loadWorkflow, type TestOptions, type TestWorkflow, testWorkflow } from "../testing/index.ts";
import { median } from "./lib/count.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const RUNS = Number(process.env.RUNS ?? 200);
const GOAL = 200;

/** Runs a second. */
async function rate(runs: number, one: (n: number) => Promise<void>): Promise<number> {
  const start = performance.now();
  for (let n = 0; n < runs; n++) await one(n);
  return (runs * 1_000) / (performance.now() - start);
}

/** Each of `one` and `anew` in turn, the medians of both. */
async function report(
  name: string,
  flow: TestWorkflow,
  one: (flow: TestWorkflow, n: number) => Promise<void>,
): Promise<void> {
  const anew = (n: number) => one(testWorkflow(structuredClone(flow.plan)), n);
  await rate(50, (n) => one(flow, n));
  const shared: number[] = [];
  const alone: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    shared.push(await rate(RUNS, (n) => one(flow, n)));
    alone.push(await rate(Math.ceil(RUNS / 4), anew));
  }
  const [of, ofAlone] = [median(shared), median(alone)];
  console.log(
    `${name.padEnd(8)} ${of.toFixed(0).padStart(5)} runs/s  ${(of / GOAL).toFixed(2)}× the goal of ${GOAL}  ${(of / ofAlone).toFixed(2)}× those that share nothing`,
  );
}

const review = "examples/review/workflow.test.json";
const { workflow, cases } = readTestFile(review);
await report("review", await loadWorkflow(path.resolve(path.dirname(review), workflow)), async (flow, n) => {
  const wrong = await runCase(flow, cases[n % cases.length]!);
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
});

const script = JSON.parse(readFileSync("examples/bugfix/script.json", "utf8")) as {
  readonly answers: readonly { readonly node: string; readonly reply: Json }[];
};
const options: TestOptions = {
  input: { description: "a bug" },
  answers: Object.fromEntries(script.answers.map(({ node, reply }) => [node, reply])),
};
await report("bugfix", await loadWorkflow(path.resolve("examples/bugfix/workflow.tsx")), async (flow) => {
  const { status, reason } = await flow.run(options);
  if (status !== "finished") throw new Error(`${status}: ${reason}`);
});
