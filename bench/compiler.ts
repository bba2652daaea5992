/**
 * The compiler's speed, each figure against another of the same run: a warm rebuild of one file out of 100 against the
 * cold build of all (goal: under 5 %); 5,000 tasks in one file (goals: an exponent under 1.15, within 600 MB); the
 * largest workflow of a folder named by CORPUS (goal: under 1 s). `npm run bench -- start` has the start.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { build, newSession } from "../compiler/index.ts";
import { exponent, median } from "./lib/count.ts";

const scratch = mkdtempSync(path.join(os.tmpdir(), "smithers-bench-"));
writeFileSync(path.join(scratch, "package.json"), "{}");

const head = `import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, smithers, outputs } = createSmithers({ input: z.object({ goal: z.string() }), fix: z.object({ patch: z.string() }) });
const agent = new AnthropicAgent({ model: "m" });
`;

/** A workflow of so many tasks, each reading the one before it. */
function workflow(name: string, tasks: number): string {
  const lines = Array.from({ length: tasks }, (_, i) => {
    const read = i === 0 ? "ctx.input.goal" : `ctx.outputMaybe(outputs.fix, { nodeId: "t${i - 1}" })?.patch`;
    return `    <Task id="t${i}" output={outputs.fix} agent={agent}>{\`Step ${i}: \${${read}}\`}</Task>`;
  });
  return `${head}export default smithers((ctx) => (\n  <Workflow name="${name}">\n${lines.join("\n")}\n  </Workflow>\n));\n`;
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await run();
  return performance.now() - begun;
}

async function warm(): Promise<void> {
  const files = Array.from({ length: 100 }, (_, i) => path.join(scratch, `flow${i}.tsx`));
  for (const [i, file] of files.entries()) writeFileSync(file, workflow(`flow${i}`, 12));
  await build(files[0]!);
  const session = newSession();
  const all = async (): Promise<void> => {
    session.refresh();
    for (const file of files) await session.build(file);
  };
  const cold = await timed(all);
  const rounds: number[] = [];
  for (let i = 0; i < 9; i++) {
    writeFileSync(files[50]!, workflow("flow50", 12).replace("Step 3", `Step three, ${i}`));
    rounds.push(await timed(all));
  }
  console.log(`cold build of 100 files    ${cold.toFixed(0)} ms`);
  console.log(
    `warm rebuild of one        ${median(rounds).toFixed(1)} ms  ${((median(rounds) / cold) * 100).toFixed(1)} %  (goal < 5 %)`,
  );
}

/** In a process of its own, so that its memory is its own. */
function large(tasks: number): { readonly ms: number; readonly megabytes: number } {
  const file = path.join(scratch, `large${tasks}.tsx`);
  writeFileSync(file, workflow("large", tasks));
  const { pathname } = new URL(import.meta.url);
  const { stdout, stderr, status } = spawnSync(process.execPath, [pathname], {
    env: { ...process.env, ONE: file },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${tasks} tasks: ${stderr}`);
  return JSON.parse(stdout);
}

function linear(): void {
  const sizes = [625, 1_250, 2_500, 5_000];
  const results = sizes.map((size) => ({ size, ...large(size) }));
  for (const { size, ms, megabytes } of results)
    console.log(
      `${String(size).padStart(5)} tasks in one file    ${ms.toFixed(0)} ms  ${megabytes.toFixed(0)} MB`,
    );
  console.log(
    `exponent                   ${exponent(results.map(({ size, ms }) => [size, ms] as const)).toFixed(2)}  (goal < 1.15)`,
  );
  console.log(`memory at 5,000 tasks      ${results.at(-1)!.megabytes.toFixed(0)} MB  (goal ≤ 600)`);
}

async function corpus(folder: string): Promise<void> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[jt]sx$/.test(name) && !name.includes("node_modules"))
    .map((name) => path.join(folder, name))
    .filter((file) => /\bsmithers\s*\(/.test(readFileSync(file, "utf8")))
    .sort((a, b) => statSync(b).size - statSync(a).size)
    .slice(0, 5);
  for (const file of files) {
    const times: number[] = [];
    for (let i = 0; i < 3; i++) times.push(await timed(() => build(file)));
    console.log(
      `${path.basename(file).padEnd(26)} first ${times[0]!.toFixed(0)} ms, then ${Math.min(...times).toFixed(0)} ms  (goal < 1000)`,
    );
  }
}

if (process.env.ONE !== undefined) {
  const ms = await timed(() => build(process.env.ONE!));
  // The peak of the whole process, kilobytes on Linux and macOS alike in Node's reading.
  console.log(JSON.stringify({ ms, megabytes: process.resourceUsage().maxRSS / 1024 }));
} else {
  mkdirSync(scratch, { recursive: true });
  await warm();
  linear();
  if (process.env.CORPUS !== undefined) await corpus(process.env.CORPUS);
}
rmSync(scratch, { recursive: true, force: true });
