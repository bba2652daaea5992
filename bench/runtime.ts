/**
 * What a durable step costs: sequences, fan-outs and loops of static tasks, and of compute tasks in their processes, on the
 * real store, against a raw append + fdatasync in the same run; and what it takes to take a run up again in which all is
 * done. Prints milliseconds a step, the ratio to the append, and the growth exponent of the whole run's time (1: each step
 * costs the same). Results that come together share one commit, so a fan-out may cost less than an append a step; sequences
 * and loops never share one. SHAPES names some of them.
 */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Plan } from "../plan/types.ts";
import { exponent, median } from "./lib/count.ts";
import { appendMs, resumeMs, runMs } from "./lib/measure.ts";
import { sequenceThatWaits, shapes } from "./lib/shapes.ts";

const SIZES = (process.env.SIZES ?? "10,100,1000,10000").split(",").map(Number);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const SHAPES = process.env.SHAPES?.split(",") ?? Object.keys(shapes);
/** Steps a second against appends a second, at the largest size. */
const GOALS: Readonly<Record<string, number>> = {
  sequence: 0.55,
  "fan-out": 1,
  "compute sequence": 0.55,
};
const scratch = mkdtempSync(path.join(os.tmpdir(), "smithers-bench-"));

try {
  await runMs((shapes.sequence as (size: number) => Plan)(100), scratch);
  for (const [name, make] of Object.entries(shapes)) {
    if (!SHAPES.includes(name)) continue;
    const points: (readonly [number, number])[] = [];
    let last = Number.NaN;
    for (const size of SIZES) {
      const plan = make(size);
      // The disk's mood changes by the second: each run stands beside the appends just before and after it.
      const rounds: { readonly ms: number; readonly append: number }[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const before = appendMs(scratch);
        const ms = await runMs(plan, scratch);
        rounds.push({ ms, append: (before + appendMs(scratch)) / 2 });
      }
      const ms = median(rounds.map((round) => round.ms));
      const append = median(rounds.map((round) => round.append));
      const ratio = median(rounds.map((round) => round.ms / size / round.append));
      points.push([size, ms]);
      last = ratio;
      const step = (ms / size).toFixed(3);
      console.log(
        `${name.padEnd(16)} ${String(size).padStart(6)}  ${step} ms a step  append ${append.toFixed(3)} ms  ratio ${ratio.toFixed(2)}`,
      );
    }
    const goal = GOALS[name];
    if (goal !== undefined)
      console.log(`${name.padEnd(16)} an append a step / a step  ${(1 / last).toFixed(2)}  (goal ≥ ${goal})`);
    const large = points.filter(([size]) => size >= 30);
    console.log(
      `${name.padEnd(16)} exponent ${exponent(large.length > 1 ? large : points).toFixed(2)} (from 30 up; goal ≤ 1.05)`,
    );
  }
  for (const size of SIZES.filter((one) => one >= 100)) {
    const append = appendMs(scratch);
    const ms = await resumeMs(sequenceThatWaits(size), scratch, ROUNDS);
    const step = (ms / size).toFixed(4);
    console.log(
      `resume           ${String(size).padStart(6)}  ${ms.toFixed(0)} ms, ${step} ms a finished task  ratio ${(ms / size / append).toFixed(3)} of an append`,
    );
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
