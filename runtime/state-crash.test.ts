/** A process that dies before or after any commit of a run with state: what handlers and effects write is there once (SEMANTICS 33). */
import { describe, expect, it } from "vitest";
import { done, executorsOf, VirtualClock } from "../test/engine.ts";
import { planOf, type TestNode, value } from "../test/plans.ts";
import { replayJournal } from "./replay/index.ts";
import { resume, run } from "./run.ts";
import { MemorySpace, memoryReader, memoryStore } from "./store/index.ts";
import type { Store } from "./store/store.ts";

const ADD = "(row, { state }) => { state.update('count', (n) => (n ?? 0) + 1); state.set('last', row.v); }";

const plan = planOf({
  loop: { kind: "loop", until: "ctx.state.get('count', 0) >= 3", maxIterations: 9 },
  work: {
    kind: "task",
    parent: "loop",
    output: "row",
    agent: "a",
    prompt: { $: "`round ${ctx.iteration} of ${ctx.state.get('count', 0)}`" },
    onFinished: ADD,
    retries: 0,
  } as TestNode,
  note: {
    kind: "effect",
    parent: "loop",
    watches: { $: "[ctx.iteration, ctx.state.get('count', 0)]" },
    run: "([at, n], { state }) => state.update('notes', (list) => [...(list ?? []), `${at}:${n}`])",
    cleanup: "([at], { state }) => state.update('cleaned', (n) => (n ?? 0) + 1)",
  },
  sum: value(0, {
    payload: { $: "({ v: ctx.state.get('notes').length })" },
    onFinished: ADD,
  } as Partial<TestNode>),
  after: {
    kind: "effect",
    watches: { $: "[ctx.state.get('count')]" },
    run: "([n], { state, vol }) => { state.set('seen', n); vol.set('seen', n); }",
  },
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
  // Slower than an effect, so that frames of effects alone are among the commits.
  executors: executorsOf(async (request) => {
    await new Promise((resolve) => setTimeout(resolve, 3));
    return done({ v: request.kind === "agent" ? request.prompt : null });
  }),
});

async function undisturbed(): Promise<{ readonly state: object; readonly rows: readonly string[] }> {
  const space = new MemorySpace();
  const { status } = await run(plan, { ...options(), runId: "r", store: memoryStore(space) });
  expect(status).toBe("finished");
  return outcome(space);
}

async function outcome(space: MemorySpace) {
  const { state, outputs } = await memoryReader(space).journal();
  return {
    state,
    rows: outputs.map(({ nodeId, iteration, value: row }) => JSON.stringify([nodeId, iteration, row])),
  };
}

describe("a run with state whose process dies", () => {
  it.each(["before", "after"] as const)("%s any of its commits ends as an undisturbed one", async (when) => {
    const wanted = await undisturbed();
    expect(wanted.state).toEqual({
      count: 4,
      last: 3,
      seen: 4,
      cleaned: 3,
      // A loop goes on in the frame of its result: no frame is between.
      notes: ["0:0", "1:1", "2:2"],
    });
    let died = 0;
    for (let at = 1; ; at++) {
      const space = new MemorySpace();
      const first = run(plan, { ...options(), runId: "r", store: mortal(memoryStore(space), at, when) });
      const end = await first.catch((error: unknown) => error);
      if (!(end instanceof Died)) break;
      died++;
      space.evict();
      // Nothing was recorded: there is no run yet.
      if (space.records.size === 0) continue;
      const store = memoryStore(space);
      expect((await resume("r", { ...options(), plan, store })).status).toBe("finished");
      await store.close();
      expect(await outcome(space), `died ${when} commit ${at}`).toEqual(wanted);
      expect((await replayJournal(memoryReader(space), plan)).divergence).toBeNull();
    }
    expect(died).toBeGreaterThan(7);
  });
});
