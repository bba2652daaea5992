import { describe, expect, it } from "vitest";
import type { Plan } from "../../plan/types.ts";
import { Bench, decideOn, done, executorsOf, failed, VirtualClock } from "../../test/engine.ts";
import { planOf, type TestNode } from "../../test/plans.ts";
import { randomOf, randomPlan } from "../../test/random-plans.ts";
import { atOnce, framesOf, rowsOf, Travelled } from "../../test/travel.ts";
import { NO_USAGE } from "../agents/provider.ts";
import type { AttemptResult, TaskRequest } from "../executors/executor.ts";
import type { SignalRequest } from "../interpreter/run.ts";
import { run } from "../run.ts";
import { MemorySpace, memoryReader, memoryStore } from "../store/index.ts";
import { showAddress } from "../store/rules.ts";

const agent = (prompt: string, more: object = {}): TestNode =>
  ({ kind: "task", output: "row", agent: "a", prompt: { $: `\`${prompt}\`` }, ...more }) as TestNode;

/** The v of its row, in a template. */
const v = (nodeId: string): string => `\${ctx.outputMaybe('row', { nodeId: '${nodeId}' })?.v}`;

/** Agents whose answers are numbered. */
function counting(first = 1) {
  let n = first - 1;
  const prompts: string[] = [];
  const work = (request: TaskRequest): AttemptResult => {
    if ("prompt" in request) prompts.push(request.prompt);
    n++;
    return done({ v: n });
  };
  return { work, prompts };
}

async function finished(plan: Plan, work = counting().work): Promise<Bench> {
  const bench = new Bench(plan, work);
  await bench.run();
  return bench;
}

describe("a retry", () => {
  const plan = planOf({
    a: agent("a"),
    b: agent(`b of ${v("a")}`),
    c: agent(`c of ${v("b")}`),
    d: agent("d"),
  });

  it("does the node once more, numbered after its last attempt, and nothing else", async () => {
    const { space } = await finished(plan);
    const again = await Travelled.retry(space, plan, "b");
    const { work, prompts } = counting(20);
    expect((await again.resume(work)).status).toBe("finished");
    expect(again.started).toEqual(["b 2"]);
    expect(prompts).toEqual(["b of 1"]);
    expect(await rowsOf(again.space)).toEqual({ a: { v: 1 }, c: { v: 3 }, d: { v: 4 }, b: { v: 20 } });
    // The run that it was taken from is as it was.
    expect(await rowsOf(space)).toEqual({ a: { v: 1 }, b: { v: 2 }, c: { v: 3 }, d: { v: 4 } });
  });

  it("does it in a loop that state which stays has ended, and then ends the loop", async () => {
    const counted = planOf({
      l: { kind: "loop", until: "ctx.state.get('n', 0) >= 2", maxIterations: 9 } as unknown as TestNode,
      a: agent("a", { parent: "l" }),
      b: agent("b", {
        parent: "l",
        onFinished: "(row, { state }) => state.update('n', (n) => (n ?? 0) + 1)",
      }),
      c: agent("c"),
    });
    const { space } = await finished(counted);
    const again = await Travelled.retry(space, counted, "a@1");
    const { work } = counting(20);
    expect((await again.resume(work)).status).toBe("finished");
    expect(again.started).toEqual(["a@1 2", "b@1 1"]);
  });

  it("with dependents does what read its row as well, and what read theirs", async () => {
    const { space } = await finished(plan);
    const again = await Travelled.retry(space, plan, "a", true);
    const { work, prompts } = counting(20);
    await again.resume(work);
    expect(again.started).toEqual(["a 2", "b 2", "c 2"]);
    expect(prompts).toEqual(["a", "b of 20", "c of 21"]);
  });

  it("counts as a chain of its own: the retries of the policy are there again", async () => {
    const flaky = planOf({ a: agent("a", { retries: 1 }), b: agent("b") });
    const { space } = await finished(flaky);
    const again = await Travelled.retry(space, flaky, "a");
    let calls = 0;
    await again.resume(() => (++calls < 2 ? failed("overloaded") : done({ v: 9 })));
    expect(again.started).toEqual(["a 2", "a 3"]);
  });

  it("of what failed takes the run further", async () => {
    const bench = new Bench(plan, (request) =>
      "prompt" in request && request.prompt.startsWith("b") ? failed("no", false) : done({ v: 1 }),
    );
    expect((await bench.run()).status).toBe("failed");
    const again = await Travelled.retry(bench.space, plan, "b");
    expect((await again.resume(counting().work)).status).toBe("finished");
    expect(again.started).toEqual(["b 2", "c 1", "d 1"]);
  });

  it("of what a person denied asks once more", async () => {
    const asking = planOf({ ok: { kind: "approval", title: "ok?" } as TestNode, after: agent("after") });
    const bench = new Bench(asking, counting().work);
    const decided = (approved: boolean) => ({ requests: decideOn("ok", approved) });
    expect((await bench.run(decided(false))).status).toBe("failed");
    expect((await bench.resume()).status).toBe("failed");
    const again = await Travelled.retry(bench.space, asking, "ok");
    expect((await again.resume()).status).toBe("waiting");
    expect((await again.resume(counting().work, decided(true))).status).toBe("finished");
  });

  it("of a run that an end ended lets it go on to that end once more, with what the end took along", async () => {
    const ended = planOf({
      a: agent("a"),
      p: { kind: "parallel" } as TestNode,
      ok: { kind: "approval", parent: "p", output: "ok", title: "?" } as TestNode,
      e: { kind: "end", parent: "p", summary: { $: "ctx.outputs.row.length" } } as TestNode,
    });
    const { space } = await finished(ended);
    const again = await Travelled.retry(space, ended, "a");
    expect(await again.resume(counting(7).work)).toMatchObject({ status: "finished", summary: 1 });
    expect(again.started).toEqual(["a 2"]);
    expect(await rowsOf(again.space)).toEqual({ a: { v: 7 } });
  });

  it("of a branch that failed takes its parallel back, and does what never began in the branch", async () => {
    for (const failurePolicy of ["continue", "finish", "fail-fast"] as const) {
      const branches = planOf({
        p: { kind: "parallel", failurePolicy } as TestNode,
        s: { kind: "sequence", parent: "p" } as TestNode,
        bad: agent("bad", { parent: "s" }),
        behind: agent("behind", { parent: "s" }),
        other: agent("other", { parent: "p" }),
        after: agent("after"),
      });
      const bench = new Bench(branches, (request) =>
        "prompt" in request && request.prompt === "bad" ? failed("no", false) : done({ v: 1 }),
      );
      await bench.run();
      const again = await Travelled.retry(bench.space, branches, "bad");
      expect((await again.resume(counting().work)).status, failurePolicy).toBe("finished");
      expect(again.started, failurePolicy).toContain("bad 2");
      expect(again.started, failurePolicy).toContain("behind 1");
    }
  });

  it("in a loop goes back to that iteration, and undoes what followed from it", async () => {
    const loop = planOf({
      rounds: {
        kind: "loop",
        until: "ctx.outputMaybe('row', { nodeId: 'review' })?.v > 5",
        maxIterations: 4,
      } as TestNode,
      work: agent(`work`, { parent: "rounds" }),
      review: agent(`review of ${v("work")}`, { parent: "rounds" }),
      after: agent("after"),
    });
    const { space } = await finished(loop);
    expect(Object.keys(await rowsOf(space))).toEqual([
      "work",
      "review",
      "work@1",
      "review@1",
      "work@2",
      "review@2",
      "after",
    ]);
    await expect(Travelled.retry(space, loop, "work")).rejects.toThrow(
      "work was mounted 3 times: name one of work@0, work@1, work@2",
    );
    const again = await Travelled.retry(space, loop, "work@1");
    expect((await again.resume(counting(20).work)).status).toBe("finished");
    expect(again.started).toEqual(["work@1 2", "review@1 1"]);
    expect(await rowsOf(again.space)).toEqual({
      work: { v: 1 },
      review: { v: 2 },
      after: { v: 7 },
      "work@1": { v: 20 },
      "review@1": { v: 21 },
    });
  });

  it("in a try that caught goes back to the part of the node", async () => {
    const trying = planOf({
      t: { kind: "try" } as TestNode,
      "t-try": { kind: "sequence", parent: "t", role: "try" } as TestNode,
      risky: agent("risky", { parent: "t-try", retries: 0 }),
      "t-catch": { kind: "sequence", parent: "t", role: "catch" } as TestNode,
      handle: agent("handle", { parent: "t-catch" }),
      "t-finally": { kind: "sequence", parent: "t", role: "finally" } as TestNode,
      clean: agent("clean", { parent: "t-finally" }),
      after: agent("after"),
    });
    const bench = new Bench(trying, (request) =>
      "prompt" in request && request.prompt === "risky" ? failed("no", false) : done({ v: 1 }),
    );
    expect((await bench.run()).status).toBe("finished");
    const again = await Travelled.retry(bench.space, trying, "risky");
    expect((await again.resume(counting().work)).status).toBe("finished");
    expect(again.started).toEqual(["risky 2", "clean 1"]);
    expect(Object.keys(await rowsOf(again.space)).sort()).toEqual(["after", "clean", "risky"]);
    const handled = await Travelled.retry(bench.space, trying, "handle");
    expect((await handled.resume(counting().work)).status).toBe("finished");
    expect(handled.started).toEqual(["handle 2", "clean 1"]);
  });

  it("in a saga that has compensated does all of it once more", async () => {
    const part = (role: string): TestNode => ({ kind: "sequence", parent: "s", role }) as TestNode;
    const saga = planOf({
      s: { kind: "saga", onFailure: "compensate" } as TestNode,
      a1: part("action"),
      book: agent("book", { parent: "a1" }),
      c1: part("compensation"),
      cancel: agent("cancel", { parent: "c1" }),
      a2: part("action"),
      pay: agent("pay", { parent: "a2", retries: 0 }),
    });
    const bench = new Bench(saga, (request) =>
      "prompt" in request && request.prompt === "pay" ? failed("no", false) : done({ v: 1 }),
    );
    expect((await bench.run()).status).toBe("finished");
    expect(bench.nodes("task.started")).toEqual(["book", "pay", "cancel"]);
    const again = await Travelled.retry(bench.space, saga, "pay");
    expect((await again.resume(counting().work)).status).toBe("finished");
    expect(again.started).toEqual(["book 1", "pay 1"]);
  });

  it("of what waited for a signal waits for another one", async () => {
    const paid = planOf({ paid: { kind: "wait", event: "paid", output: "row" } as TestNode });
    const bench = new Bench(paid);
    const send = (amount: number) => ({
      requests: (take: (request: SignalRequest, done: () => void) => void) => {
        take({ name: "paid", correlationId: null, payload: { amount }, by: "p", at: 1 }, () => {});
        return () => {};
      },
    });
    expect((await bench.run(send(1))).status).toBe("finished");
    const again = await Travelled.retry(bench.space, paid, "paid");
    expect((await again.resume()).status).toBe("waiting");
    expect((await again.resume(undefined, send(2))).status).toBe("finished");
    expect(await rowsOf(again.space)).toEqual({ paid: { amount: 2 } });
  });

  it("of what waited for a signal takes none that only came once more", async () => {
    const paid = planOf({
      paid: { kind: "wait", event: "paid", correlationId: "A", output: "row" } as TestNode,
      ok: { kind: "approval", title: "ok?" } as TestNode,
    });
    const bench = new Bench(paid);
    const send = (...amounts: number[]) => ({
      requests: (take: (request: SignalRequest, done: () => void) => void) => {
        for (const amount of amounts)
          take({ name: "paid", correlationId: "A", payload: { amount }, by: "p", at: 1 }, () => {});
        return () => {};
      },
    });
    await bench.run(send(1, 1, 1));
    const again = await Travelled.retry(bench.space, paid, "paid");
    expect(await again.resume()).toMatchObject({ listeningFor: [{ event: "paid" }] });
    // Also in whatever is made of it later.
    const fork = await Travelled.fork(again.space, paid, (await framesOf(again.space)).at(-1) as number);
    expect(await fork.resume()).toMatchObject({ listeningFor: [{ event: "paid" }] });
    await again.resume(undefined, send(2, 2));
    expect(await rowsOf(again.space)).toEqual({ paid: { amount: 2 } });
  });

  describe("of a run whose process was killed", () => {
    const fast = (request: TaskRequest): boolean => "prompt" in request && !request.prompt.startsWith("slow");
    const told = { ...NO_USAGE, inputTokens: 900, outputTokens: 100, calls: 1 };

    /** Its process dies while the slow agent is at work, which has told of a call by then. */
    async function killed() {
      const [killedPlan, space] = [
        planOf({ a: agent("a"), b: agent("b"), slow: agent(`slow of ${v("a")}`) }),
        new MemorySpace(),
      ];
      const store = memoryStore(space);
      const { commit } = store;
      let dead = false;
      store.commit = async (given) => {
        if (dead) throw new Error("died");
        await commit.call(store, given);
      };
      const executors = executorsOf(async (request, { record }) => {
        if (fast(request)) return done({ v: 1 });
        await record("agent.usage", told);
        dead = true;
        return done({ v: 2 });
      });
      const options = { root: "/nowhere", clock: new VirtualClock(), runId: "r", store, executors };
      await expect(run(killedPlan, options)).rejects.toThrow("died");
      await store.close();
      return { space, killedPlan };
    }

    it.each([
      ["stays under way", false],
      ["is begun anew", true],
    ] as const)("counts what an attempt had used that %s", async (_, dependents) => {
      const { space, killedPlan } = await killed();
      const once = await Travelled.retry(space, killedPlan, "a", dependents);
      const { totals } = await once.resume();
      expect(totals).toMatchObject({ calls: 1, tokens: { input: 900, output: 100 } });
    });

    it("counts it against limits, and after another retry", async () => {
      const { space, killedPlan } = await killed();
      const once = await Travelled.retry(space, killedPlan, "a");
      const twice = await Travelled.retry(once.space, killedPlan, "b");
      const { status, totals } = await twice.resume(undefined, { stopAt: { tokens: 1_000 } });
      expect([status, totals.calls]).toEqual(["paused", 1]);
    });
  });

  it("is refused with what to do instead", async () => {
    const { space } = await finished(plan);
    const refused = (node: string) => expect(Travelled.retry(space, plan, node)).rejects;
    await refused("e").toThrow("the run has no node e");
    const waiting = planOf({ ok: { kind: "approval", title: "ok?" } as TestNode });
    const bench = await finished(waiting);
    await expect(Travelled.retry(bench.space, waiting, "ok")).rejects.toThrow("ok has not ended");
  });

  it("of any task of a random run replays the same, and does the task where the plan still has it", async () => {
    let retries = 0;
    let redone = 0;
    for (let seed = 1; seed <= Number(process.env.RUNS ?? 25); seed++) {
      const random = randomOf(seed);
      const bench = new Bench(randomPlan(random));
      const stop = new AbortController();
      const executors = atOnce(() => done(null));
      const onEvent = ({ seq }: { readonly seq: number }): void => {
        if (seq > 200) stop.abort();
      };
      await bench.run({ executors, signal: stop.signal, onEvent });
      const { tasks } = await memoryReader(bench.space).journal();
      const ended = tasks.filter(({ kind, state }) => kind === "static" && state === "finished");
      for (let pick = 0; pick < 3 && ended.length > 0; pick++) {
        const task = ended[Math.floor(random() * ended.length)]!;
        const name = showAddress(task).replace(/^([^@]+)$/, "$1@0");
        const again = await Travelled.retry(bench.space, bench.plan, name, random() < 0.5).catch((error) => {
          // Where an each mounts loops or tries, it may not be known which one a task was in.
          expect(String(error)).toMatch(/RetryError: .* of which there are several|was mounted/);
          return null;
        });
        if (!again) continue;
        const later = new AbortController();
        const { status } = await again.resume(() => done(null), {
          executors,
          signal: later.signal,
          onEvent: (event) => {
            again.events.push(event);
            if (again.events.length > 200) later.abort();
          },
        });
        retries++;
        const rows = await rowsOf(again.space);
        if (again.started.some((one) => one.startsWith(`${showAddress(task)} `))) redone++;
        else if (status === "finished")
          expect([seed, name, rows[showAddress(task)]]).toEqual([seed, name, undefined]);
      }
    }
    expect(redone).toBeGreaterThan(retries / 2);
  }, 120_000);
});
