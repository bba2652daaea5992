/** What a run and what a bare append take. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import type { Plan } from "../../plan/types.ts";
import { createExecutors } from "../../runtime/executors/index.ts";
import { resume, run } from "../../runtime/index.ts";
import { median } from "./count.ts";

/** Milliseconds of one append of a few hundred bytes, made durable. */
export function appendMs(scratch: string): number {
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
export async function runMs(plan: Plan, scratch: string): Promise<number> {
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

/** Milliseconds to take a run up in which all is done but what a person is to say, and to let go of it again. */
export async function resumeMs(plan: Plan, scratch: string, rounds: number): Promise<number> {
  const root = mkdtempSync(path.join(scratch, "resume-"));
  const { runId } = await run(plan, { root });
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const { status, reason } = await resume(runId, { root });
    times.push(performance.now() - start);
    if (status !== "waiting") throw new Error(`${status}: ${reason}`);
  }
  rmSync(root, { recursive: true });
  return median(times);
}
