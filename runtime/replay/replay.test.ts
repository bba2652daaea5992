import { describe, expect, it } from "vitest";
import { Bench, done, failed } from "../../test/engine.ts";
import { planOf, type TestNode } from "../../test/plans.ts";
import { randomOf, randomPlan } from "../../test/random-plans.ts";
import type { AttemptResult, TaskRequest } from "../executors/executor.ts";
import { memoryReader } from "../store/index.ts";
import { replayJournal } from "./index.ts";

const RUNS = Number(process.env.RUNS ?? 150);

/** Runs and resumes until the run ends; the bench replays each time. */
async function throughTrouble(
  seed: number,
): Promise<{ resumes: number; frames: number; writes: number; stalls: number }> {
  const random = randomOf(seed);
  const plan = randomPlan(random);
  const bench = new Bench(plan);
  const go = async (resuming: boolean): Promise<string> => {
    const stop = new AbortController();
    const work = async (): Promise<AttemptResult> => {
      if (random() < 0.05) stop.abort();
      await new Promise((resolve) => setTimeout(resolve, random() < 0.5 ? 0 : 2));
      if (stop.signal.aborted && random() < 0.5)
        return { ok: false, error: { code: "CANCELLED", message: "interrupted", retryable: false } };
      if (random() < 0.1) return failed("overloaded", random() < 0.8);
      return done({ v: Math.floor(random() * 6) });
    };
    const options = {
      signal: stop.signal,
      executors: { get: (kind: TaskRequest["kind"]) => ({ kind, execute: work, close: async () => {} }) },
      maxConcurrency: 1 + Math.floor(random() * 4),
    };
    const { status } = resuming ? await bench.resume(options) : await bench.run(options);
    return status;
  };
  let resumes = 0;
  let stalls = 0;
  for (let status = await go(false); status !== "finished" && resumes < 3; resumes++) {
    if (status === "stalled") stalls++;
    status = await go(true);
  }
  const { frames } = await replayJournal(memoryReader(bench.space), plan);
  const { lastTransition } = await memoryReader(bench.space).journal();
  return { resumes, frames, writes: lastTransition, stalls };
}

describe("a replay", () => {
  it(
    "is the run, for random plans, results, failures, interruptions and resumes",
    async () => {
      let resumes = 0;
      let frames = 0;
      let writes = 0;
      let stalls = 0;
      for (let seed = 1; seed <= RUNS; seed++) {
        const done = await throughTrouble(seed);
        resumes += done.resumes;
        frames += done.frames;
        writes += done.writes;
        stalls += done.stalls;
      }
      expect(writes).toBeGreaterThan(RUNS / 2);
      expect(stalls).toBeGreaterThan(0);
      expect(resumes).toBeGreaterThan(RUNS / 10);
      expect(frames).toBeGreaterThan(RUNS * 2);
    },
    60_000 + RUNS * 500,
  );
});

const nodes: { readonly [key: string]: TestNode } = {
  one: {
    kind: "task",
    output: "row",
    agent: "a",
    prompt: "go",
    onFinished: "(row, { state }) => state.set('seen', row.v)",
  },
  two: {
    kind: "task",
    output: "row",
    agent: "a",
    if: "ctx.outputMaybe('row', { nodeId: 'one' })?.v === 1",
    prompt: { $: "`after ${ctx.outputMaybe('row', { nodeId: 'one' })?.v}`" },
  },
};

describe("a journal that was tampered with", () => {
  const edit = (space: Bench["space"], kind: string, change: (text: string) => string): void => {
    let edited = 0;
    for (const [key, text] of space.records) {
      if (!key.startsWith(`${kind} `)) continue;
      const now = change(text);
      if (now !== text) edited++;
      space.records.set(key, now);
    }
    expect(edited).toBeGreaterThan(0);
  };
  const recorded = async (): Promise<Bench> => {
    const bench = new Bench(planOf(nodes), () => done({ v: 1 }));
    await bench.run();
    return bench;
  };

  it.each<[string, string, (text: string) => string, RegExp]>([
    ["a row", "output", (x) => x.replaceAll('"v":1', '"v":2'), /changed|mounted|attempt/],
    ["a prompt", "attempt", (x) => x.replace("after 1", "after 2"), /what attempt 1 of two began with/],
    ["a frame", "frame", (x) => x.replace('"two":"running"', '"two":"skipped"'), /changed/],
    ["a state", "task", (x) => x.replace('"state":"finished"', '"state":"skipped"'), /one|two/],
    ["a change of state", "transition", (x) => x.replace('"new":1', '"new":2'), /1th change of state/],
    ["an end", "run", (x) => x.replace('"status":"finished"', '"status":"failed"'), /how it ended/],
  ])("%s is found", async (_, kind, change, what) => {
    const bench = await recorded();
    expect((await replayJournal(memoryReader(bench.space), bench.plan)).identical).toBe(true);
    edit(bench.space, kind, change);
    const { identical, divergence } = await replayJournal(memoryReader(bench.space), bench.plan);
    expect(identical).toBe(false);
    expect(divergence?.what).toMatch(what);
  });

  it("another condition gives another frame, which is named", async () => {
    const bench = await recorded();
    const other = planOf({ ...nodes, two: { ...nodes.two!, if: "false" } });
    const { divergence } = await replayJournal(memoryReader(bench.space), other);
    expect(divergence).toMatchObject({ frame: 1, what: "mounted" });
  });
});
