/**
 * What a start costs: `smithers build` of a small workflow against importing ts-morph alone (goal: under 2×), and
 * `smithers run plan.json` up to its first task against Node's own start (goal: at most 150 ms more).
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { median } from "./lib/count.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 7);
const cli = path.resolve("dist/cli/main.js");
const workflow = path.resolve("examples/bugfix/workflow.tsx");
const script = path.resolve("examples/bugfix/script.json");
const scratch = mkdtempSync(path.join(os.tmpdir(), "smithers-bench-"));
const plan = path.join(scratch, "plan.json");

/** Wall time of a whole process, milliseconds. */
function whole(args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: process.cwd() });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  return performance.now() - start;
}

/** Time until the first line that names a started task. */
function untilFirstTask(): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, [
      ...[cli, "run", plan, "--json", "--root", scratch, "--script", script],
      ...["--input", '{"description":"a bug"}'],
    ]);
    let text = "";
    let first = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk;
      if (first === 0 && text.includes('"task.started"')) first = performance.now() - start;
    });
    child.on("close", () => (first > 0 ? resolve(first) : reject(new Error(`no task started: ${text}`))));
  });
}

const rows: Record<string, number[]> = { node: [], "import ts-morph": [], build: [], "first task": [] };
whole([cli, "build", workflow, "-o", plan]);
// Pairs in turn, so that a slower minute of the machine hits all of them.
for (let round = 0; round < ROUNDS; round++) {
  rows.node!.push(whole(["-e", "0"]));
  rows["import ts-morph"]!.push(whole(["-e", "import('ts-morph')"]));
  rows.build!.push(whole([cli, "build", workflow, "-o", plan]));
  rows["first task"]!.push(await untilFirstTask());
}
for (const [name, times] of Object.entries(rows))
  console.log(`${name.padEnd(16)} ${median(times).toFixed(0)} ms`);
console.log(
  `build / import ts-morph   ${(median(rows.build!) / median(rows["import ts-morph"]!)).toFixed(2)}×  (goal < 2)`,
);
const [node, first] = [median(rows.node!), median(rows["first task"]!)];
console.log(
  `first task − node         ${(first - node).toFixed(0)} ms  (goal ≤ 150), ${((first - node) / node).toFixed(2)}× node's own start`,
);
rmSync(scratch, { recursive: true, force: true });
