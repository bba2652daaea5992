/** A process that dies before or after any commit of a run with phases, branches that fail, a stop and an end (SEMANTICS 33). */
import { describe, expect, it } from "vitest";
import { done, executorsOf, failed, VirtualClock } from "../test/engine.ts";
import { planOf, type TestNode, value } from "../test/plans.ts";
import { replayJournal } from "./replay/index.ts";
import { resume, run } from "./run.ts";
import { MemorySpace, memoryReader, memoryStore } from "./store/index.ts";
import type { Store } from "./store/store.ts";

const agent = (parent: string, more: object = {}): TestNode =>
  ({ kind: "task", parent, agent: "a", prompt: "p", output: "row", retries: 0, ...more }) as TestNode;
const sequence = (parent: string, more: object = {}): TestNode =>
  ({ kind: "sequence", parent, ...more }) as TestNode;

const plan = planOf({
  one: { kind: "phase", name: "One" } as TestNode,
  p: { kind: "parallel", parent: "one", failurePolicy: "continue", maxConcurrency: 2 } as TestNode,
  s: sequence("p"),
  bad: agent("s"),
  behind: agent("s"),
  fine: agent("p", { priority: 1 }),
  look: { kind: "stop", parent: "one", reason: "look" } as TestNode,
  two: { kind: "phase", name: "Two" } as TestNode,
  rounds: { kind: "loop", parent: "two", maxIterations: 2 } as TestNode,
  step: { kind: "step", name: { $: "`Round ${ctx.iteration}`" }, parent: "rounds" } as TestNode,
  tick: { kind: "timer", every: "10s", parent: "step" } as TestNode,
  work: agent("step"),
  t: { kind: "try", id: "t", parent: "two" } as TestNode,
  tt: sequence("t", { role: "try" }),
  q: { kind: "parallel", parent: "tt", failurePolicy: "fail-fast" } as TestNode,
  bad2: agent("q"),
  slow: agent("q"),
  tc: sequence("t", { role: "catch" }),
  caught: agent("tc"),
  side: { kind: "parallel", parent: "two" } as TestNode,
  u: { kind: "try", id: "u", parent: "side" } as TestNode,
  ut: sequence("u", { role: "try" }),
  slow2: agent("ut"),
  uf: sequence("u", { role: "finally" }),
  last: agent("uf"),
  e: sequence("side"),
  quick: agent("e"),
  over: { kind: "end", parent: "e", summary: { $: "ctx.outputs.row.length" } } as TestNode,
  never: value(0),
});

class Died extends Error {}

/** A store whose process dies around the commit of this number, from 1. */
function mortal(store: Store, at: number, when: "before" | "after"): Store {
  const { commit } = store;
  let commits = 0;
  store.commit = async (given) => {
    commits++;
    if (commits === at && when === "before") throw new Died();
    await commit.call(store, given);
    if (commits === at) throw new Died();
  };
  return store;
}

const options = () => ({
  root: "/nowhere",
  clock: new VirtualClock(),
  executors: executorsOf(async (_, { address: { nodeId, iteration }, signal }) => {
    if (nodeId.startsWith("slow"))
      return new Promise((resolve) => {
        const aborted = { code: "CANCELLED", message: "aborted", retryable: true };
        signal.addEventListener("abort", () => resolve({ ok: false, error: aborted }), { once: true });
      });
    await new Promise((resolve) => setTimeout(resolve, nodeId === "fine" ? 6 : 3));
    return nodeId.startsWith("bad") ? failed("no", false) : done({ v: `${nodeId} ${iteration}` });
  }),
});

async function outcome(space: MemorySpace) {
  const reader = memoryReader(space);
  const { tasks, outputs, run: record } = await reader.journal();
  const events = await reader.events(0, 10_000);
  return {
    status: record?.status,
    paused: events.filter(({ type }) => type === "run.paused").length,
    ended: events.filter(({ type }) => type === "end.reached").length,
    rows: outputs.map(({ nodeId, iteration, value: row }) => JSON.stringify([nodeId, iteration, row])).sort(),
    tasks: tasks.map(({ nodeId, iteration, state }) => `${nodeId} ${iteration} ${state}`).sort(),
  };
}

/** Takes a run up until it has ended. Where it stands already it stays. */
async function toItsEnd(space: MemorySpace): Promise<void> {
  for (let lives = 0; lives < 6; lives++) {
    const store = memoryStore(space);
    const { status } = await resume("r", { ...options(), plan, store });
    await store.close();
    if (status === "finished") return;
  }
  throw new Error("it never ends");
}

const first = (store: Store) => run(plan, { ...options(), runId: "r", store });

async function pausedSpace(): Promise<MemorySpace> {
  const space = new MemorySpace();
  const store = memoryStore(space);
  expect(await first(store)).toMatchObject({ status: "paused", reason: "look" });
  await store.close();
  return space;
}

describe("a run whose process dies", () => {
  it.each([
    ["before", "on its way to the stop"],
    ["after", "on its way to the stop"],
    ["before", "on its way to the end"],
    ["after", "on its way to the end"],
  ] as const)("%s any of its commits, %s, ends as an undisturbed one", async (when, where) => {
    const undisturbed = await pausedSpace();
    await toItsEnd(undisturbed);
    const wanted = await outcome(undisturbed);
    expect(wanted).toMatchObject({ status: "finished", paused: 1, ended: 1 });
    expect(wanted.tasks).toContain("behind 0 skipped");
    expect(wanted.tasks).toContain("slow2 0 cancelled");
    expect(wanted.rows).toContain('["last",0,{"v":"last 0"}]');
    let died = 0;
    for (let at = 1; ; at++) {
      const space = where === "on its way to the stop" ? new MemorySpace() : await pausedSpace();
      const store = mortal(memoryStore(space), at, when);
      const life =
        where === "on its way to the stop" ? first(store) : resume("r", { ...options(), plan, store });
      const end = await life.catch((error: unknown) => error);
      if (!(end instanceof Died)) break;
      died++;
      space.evict();
      // Nothing was recorded: there is no run yet.
      if (space.records.size === 0) continue;
      await toItsEnd(space);
      expect(await outcome(space), `died ${when} commit ${at}`).toEqual(wanted);
      expect((await replayJournal(memoryReader(space), plan)).divergence).toBeNull();
    }
    expect(died).toBeGreaterThan(1);
  });
});
