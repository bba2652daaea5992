/**
 * What a compute task costs on its way to a worker process and back, against a raw fsync'd append in the same run.
 * Goal: a round trip of 0.1–0.2 ms, recording of the process not counted.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Plan } from "../plan/types.ts";
import { createExecutors } from "../runtime/executors/index.ts";
import { median } from "./lib/count.ts";

const TASKS = Number(process.env.TASKS ?? 2_000);
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const scratch = mkdtempSync(path.join(os.tmpdir(), "smithers-bench-"));

const code = ["export default ({ n }) => ({ n: n + 1 });"];
const plan: Plan = {
  kind: "smithers.plan",
  irVersion: "1.0",
  requires: [],
  digest: "",
  integrity: "",
  workflow: { name: "bench" },
  input: null,
  schemas: { row: { zod: "z.object({ n: z.number() })", jsonSchema: {}, physical: "", semantic: "" } },
  constants: {},
  agents: {},
  prompts: {},
  functions: {},
  modules: { add: { code, captures: ["n"], externals: {}, digest: "", artifact: "" } },
  root: "bench",
  nodes: {},
  capabilities: { net: [], env: [], exec: [], fs: [], host: [] },
  toolchain: {},
  sources: {},
  spans: "",
};

const executors = createExecutors();
const signal = new AbortController().signal;

async function task(n: number): Promise<void> {
  const ctx = { runId: "bench", input: { limit: 3 } };
  const result = await executors.get("compute").execute(
    { kind: "compute", module: "add", captures: [n], ctx, schema: "row" },
    {
      plan,
      runId: "bench",
      address: { nodeId: "add", scope: "", iteration: 0 },
      attempt: 1,
      cwd: scratch,
      signal,
      record: async () => {},
      emit: () => {},
      started: () => Promise.resolve(),
    },
  );
  if (!result.ok) throw new Error(result.error.message);
}

/** Milliseconds a task, one after the other. */
async function roundTrips(): Promise<number> {
  const start = performance.now();
  for (let n = 0; n < TASKS; n++) await task(n);
  return (performance.now() - start) / TASKS;
}

/** Milliseconds an append of one row's size with fdatasync. */
function appends(): number {
  const file = openSync(path.join(scratch, "log"), "a");
  const row = Buffer.alloc(256, 32);
  const start = performance.now();
  for (let n = 0; n < TASKS; n++) {
    writeSync(file, row);
    fdatasyncSync(file);
  }
  const each = (performance.now() - start) / TASKS;
  closeSync(file);
  return each;
}

const begin = performance.now();
await task(0);
const first = performance.now() - begin;
const trips: number[] = [];
const writes: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  trips.push(await roundTrips());
  writes.push(appends());
}
await executors.close();
rmSync(scratch, { recursive: true, force: true });

const trip = median(trips);
const write = median(writes);
console.log(`first task, process not yet started   ${first.toFixed(0)} ms`);
console.log(`round trip of a compute task          ${trip.toFixed(3)} ms  (goal ≤ 0.2)`);
console.log(`raw append with fdatasync             ${write.toFixed(3)} ms`);
console.log(`round trip / append                   ${(trip / write).toFixed(2)}×`);
