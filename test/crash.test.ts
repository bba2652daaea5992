import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inspect, type RunResult, replay } from "../runtime/index.ts";
import { randomOf } from "./random-plans.ts";

const RUNS = Number(process.env.RUNS ?? 2);
let folder: string;
let undisturbed: RunResult;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "smithers-crash-"));
  symlinkSync(path.resolve(import.meta.dirname, "../node_modules"), path.join(folder, "node_modules"));
  await build({
    entryPoints: [path.join(import.meta.dirname, "crash.engine.ts")],
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    outfile: path.join(folder, "engine.mjs"),
    logLevel: "error",
  });
  undisturbed = (await engine(project("undisturbed"), "run", null)) as RunResult;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function project(name: string): string {
  const root = path.join(folder, name);
  mkdirSync(root);
  return root;
}

/** Runs the engine; killed `killAfter` ms after it began the run, it gives null. */
function engine(root: string, mode: "run" | "resume", killAfter: number | null): Promise<RunResult | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(folder, "engine.mjs"), root, mode], { stdio: "pipe" });
    let out = "";
    let errors = "";
    let timer: NodeJS.Timeout | undefined;
    child.stdout.on("data", (data: Buffer) => {
      out += data.toString();
      if (killAfter !== null && timer === undefined)
        timer = setTimeout(() => child.kill("SIGKILL"), killAfter);
    });
    child.stderr.on("data", (data: Buffer) => {
      errors += data.toString();
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      const result = out.split("\n").find((line) => line.startsWith("{"));
      if (result) resolve(JSON.parse(result) as RunResult);
      else if (killAfter !== null && code === null) resolve(null);
      else reject(new Error(`engine ended with ${code}: ${errors}`));
    });
  });
}

const places = (result: RunResult): string[] =>
  (result.outputs.row ?? []).map((row) => JSON.stringify(row)).sort();

describe("a run killed at random instants and resumed each time (33)", () => {
  it(
    "ends as an undisturbed one: every result once, nothing finished runs again",
    async () => {
      expect(undisturbed.status).toBe("finished");
      expect(undisturbed.outputs.row).toHaveLength(27);
      const random = randomOf(7);
      let kills = 0;
      for (let count = 0; count < RUNS; count++) {
        const root = project(`run-${count}`);
        let result = await engine(root, "run", random() * 40);
        // Each time it may live a little longer, so that it comes to its end.
        for (let tries = 1; result === null; tries++, kills++)
          result = await engine(root, "resume", random() * 40 + tries ** 2 * 4);
        expect(result.status).toBe("finished");
        expect(places(result)).toEqual(places(undisturbed));
        expect((await replay("r", { root })).divergence).toBeNull();
        const { events, journal } = await inspect("r", { root, events: 100_000 });
        const finished = new Set<string>();
        for (const { type, data } of events) {
          const at = `${data.nodeId}|${data.scope ?? ""}|${data.iteration}`;
          if (type === "task.started")
            expect(finished.has(at), `${at} started after it had finished`).toBe(false);
          if (type !== "task.finished") continue;
          expect(finished.has(at), `${at} finished twice`).toBe(false);
          finished.add(at);
        }
        expect(finished.size).toBe(27);
        checkCalls(root, journal.attempts.length);
      }
      expect(kills).toBeGreaterThan(RUNS / 2);
    },
    30_000 + RUNS * 15_000,
  );
});

/** Every call belongs to a recorded attempt, and all attempts of one task were made with the same prompt. */
function checkCalls(root: string, attempts: number): void {
  const calls = readFileSync(path.join(root, "calls.log"), "utf8").trim().split("\n");
  const prompts = new Map<string, string>();
  const seen = new Set<string>();
  for (const line of calls) {
    const { nodeId, scope, iteration, attempt, prompt } = JSON.parse(line);
    const at = `${nodeId}|${scope}|${iteration}`;
    expect(seen.has(`${at}|${attempt}`), `attempt ${attempt} of ${at} called twice`).toBe(false);
    seen.add(`${at}|${attempt}`);
    expect(prompts.get(at) ?? prompt).toBe(prompt);
    prompts.set(at, prompt);
  }
  expect(calls.length).toBeLessThanOrEqual(attempts);
}
