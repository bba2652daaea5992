import { describe, expect, it } from "vitest";
import type { Plan } from "../../plan/types.ts";
import { randomOf, randomPlan } from "../../test/random-plans.ts";
import { describeWorld } from "./describe.ts";
import type { Leaf } from "./leaf.ts";
import { isUnderWay } from "./leaf.ts";
import type { TaskEntry } from "./states.ts";
import { World } from "./world.ts";

const RUNS = Number(process.env.RUNS ?? 300);
const OPTIONS = { runId: "r", input: {}, now: 0 };

interface Row {
  readonly entry: TaskEntry;
  readonly v: number;
}

const moving = (world: World) => () => [...world.states.entries.values()].some((entry) => isUnderWay(entry));

/** The same facts in a world that has never seen another frame. */
function fromScratch(plan: Plan, world: World, rows: readonly Row[], failed: TaskEntry | null): World {
  const fresh = new World(plan, OPTIONS);
  for (const store of ["state", "vol"] as const)
    fresh.state[store].put(new Map(Object.entries(world.state[store].entries())));
  for (const { entry, v } of rows) fresh.rows.add("row", entry.address, { v });
  for (const entry of world.states.entries.values()) {
    const copy = fresh.states.at(entry.address, entry.node, entry.kind);
    fresh.setState(copy, entry.state, entry.reason, entry.settled);
  }
  if (failed) fresh.failed = fresh.states.at(failed.address, failed.node, failed.kind);
  for (const [id, loops] of world.loopChains()) fresh.knowLoops(id, loops);
  fresh.begin();
  return fresh;
}

/** All that may start, without starting it. */
function takeAll(world: World): Leaf[] {
  const leaves: Leaf[] = [];
  for (let leaf = world.takeReady(true, () => true); leaf; leaf = world.takeReady(true, () => true))
    leaves.push(leaf);
  return leaves;
}

function runOnce(seed: number): {
  [what in "frames" | "loops" | "recoveries" | "stages" | "branches"]: number;
} {
  const random = randomOf(seed);
  const plan = randomPlan(random);
  const world = new World(plan, OPTIONS);
  const rows: Row[] = [];
  const running: TaskEntry[] = [];
  let loops = 0;
  let recoveries = 0;
  let stages = 0;
  let branches = 0;
  world.begin();
  let frames = 0;
  for (; frames < 60; frames++) {
    const fresh = fromScratch(plan, world, rows, world.failed);
    fresh.evaluate(moving(fresh));
    world.evaluate(moving(world));
    const where = `seed ${seed} frame ${frames}`;
    expect(world.fatal?.code, where).toBe(fresh.fatal?.code);
    // A run that fails in a frame starts nothing from it.
    if (world.fatal) break;
    expect(describeWorld(world), where).toEqual(describeWorld(fresh));
    if (world.failed) break;
    for (const leaf of takeAll(world)) {
      if (random() < 0.3 && running.length > 0) {
        world.ready.push(leaf);
        continue;
      }
      const entry = leaf.entry as TaskEntry;
      world.start(entry, { kind: "static", payload: null, schema: null }, "row");
      running.push(entry);
    }
    if (running.length === 0) break;
    // What handlers would write.
    const key = ["s0", "s1", "s2"][Math.floor(random() * 6)];
    if (key) {
      const written = Math.floor(random() * 4);
      world.state.state.put(new Map([[key, written === 3 ? null : written]]));
      if (random() < 0.3) world.state.vol.put(new Map([["v0", written]]));
    }
    const settle = 1 + Math.floor(random() * 2);
    for (let count = 0; count < settle && running.length > 0; count++) {
      const [entry] = running.splice(Math.floor(random() * running.length), 1);
      if (!entry) break;
      if (random() < 0.1) {
        const code = random() < 0.3 ? "Y" : "X";
        world.fail(entry, { code, message: "x", retryable: false }, random() < 0.3);
        continue;
      }
      const v = Math.floor(random() * 6);
      rows.push({ entry, v });
      world.rows.add("row", entry.address, { v });
      world.setState(entry, "finished", null, true);
    }
  }
  for (const { kind, state } of world.states.entries.values()) {
    if (kind === "loop") loops++;
    if ((kind === "try" || kind === "saga") && state !== "pending") recoveries++;
    if ((kind === "phase" || kind === "step") && state === "finished") stages++;
    if (kind === "parallel" && state !== "pending") branches++;
  }
  return { frames, loops, recoveries, stages, branches };
}

describe("a frame evaluated incrementally", () => {
  it(
    "is the frame evaluated from scratch, for random plans and results",
    () => {
      let frames = 0;
      let loops = 0;
      let recoveries = 0;
      let stages = 0;
      let branches = 0;
      for (let seed = 1; seed <= RUNS; seed++) {
        const done = runOnce(seed);
        frames += done.frames;
        loops += done.loops;
        recoveries += done.recoveries;
        stages += done.stages;
        branches += done.branches;
      }
      // The plans must have gone somewhere for the comparison to mean anything.
      expect(frames).toBeGreaterThan(RUNS * 1.5);
      expect(loops).toBeGreaterThan(RUNS / 10);
      expect(recoveries).toBeGreaterThan(RUNS / 20);
      expect(stages).toBeGreaterThan(RUNS / 20);
      expect(branches).toBeGreaterThan(RUNS / 20);
    },
    30_000 + RUNS * 50,
  );
});
