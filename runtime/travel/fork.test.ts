import { describe, expect, it } from "vitest";
import { Bench, done, executorsOf, failed } from "../../test/engine.ts";
import { computed, planOf, type TestNode, value } from "../../test/plans.ts";
import { randomOf, randomPlan } from "../../test/random-plans.ts";
import { atOnce, framesOf, rowsOf, Travelled } from "../../test/travel.ts";
import { NO_USAGE } from "../agents/provider.ts";
import type { AttemptResult, TaskRequest } from "../executors/executor.ts";
import { memoryFiles } from "../files.ts";
import type { SignalRequest } from "../interpreter/run.ts";
import { memoryReader } from "../store/index.ts";

const RUNS = Number(process.env.RUNS ?? 30);

/** The first frames, the last one, and some between. */
const someOf = (frames: readonly number[]): readonly number[] =>
  frames.filter((_, at) => at < 3 || at === frames.length - 1 || at % Math.ceil(frames.length / 3) === 0);

describe("a fork", () => {
  it(
    "comes to the rows of the run that it was forked from, in their order, from any frame of it",
    async () => {
      let forks = 0;
      for (let seed = 1; seed <= RUNS; seed++) {
        const bench = new Bench(randomPlan(randomOf(seed)));
        // Some go on for ever.
        const stop = new AbortController();
        const work = atOnce(() => done(null));
        const onEvent = ({ seq }: { readonly seq: number }): void => {
          if (seq > 120) stop.abort();
        };
        const { status } = await bench.run({ executors: work, signal: stop.signal, onEvent });
        if (status === "cancelled") continue;
        const rows = await rowsOf(bench.space);
        for (const frame of someOf(await framesOf(bench.space))) {
          const fork = await Travelled.fork(bench.space, bench.plan, frame);
          const end = await fork.resume(() => done(null), { executors: work });
          const what = `seed ${seed}, frame ${frame}`;
          expect([what, end.status]).toEqual([what, status]);
          expect([what, JSON.stringify(await rowsOf(fork.space))]).toEqual([what, JSON.stringify(rows)]);
          forks++;
        }
      }
      expect(forks).toBeGreaterThan(RUNS * 2);
    },
    60_000 + RUNS * 1_000,
  );

  it(
    "of any frame of a run in trouble has the rows that there were, and replays the same wherever it goes",
    async () => {
      let forks = 0;
      let resumed = 0;
      for (let seed = 1; seed <= RUNS / 2; seed++) {
        const random = randomOf(seed);
        const bench = new Bench(randomPlan(random));
        const trouble = () => {
          const stop = new AbortController();
          let left = 40;
          const execute = async (): Promise<AttemptResult> => {
            if (random() < 0.05 || --left < 0) stop.abort();
            await new Promise((resolve) => setTimeout(resolve, random() < 0.5 ? 0 : 2));
            if (stop.signal.aborted && random() < 0.5)
              return { ok: false, error: { code: "CANCELLED", message: "interrupted", retryable: false } };
            if (random() < 0.1) return failed("overloaded", random() < 0.8);
            return done({ v: Math.floor(random() * 6) });
          };
          const get = (kind: TaskRequest["kind"]) => ({ kind, execute, close: async () => {} });
          return { signal: stop.signal, executors: { get } };
        };
        let { status } = await bench.run(trouble());
        if (status !== "finished") {
          ({ status } = await bench.resume(trouble()));
          resumed++;
        }
        const { outputs } = await memoryReader(bench.space).journal();
        for (const frame of someOf(await framesOf(bench.space))) {
          const fork = await Travelled.fork(bench.space, bench.plan, frame);
          const then = outputs.filter((row) => row.frame <= frame).map(({ seq, value }) => [seq, value]);
          const got = (await memoryReader(fork.space).journal()).outputs.map(({ seq, value }) => [
            seq,
            value,
          ]);
          expect([seed, frame, got]).toEqual([seed, frame, then]);
          const { signal, executors } = trouble();
          await fork.resume(() => done(null), { signal, executors });
          forks++;
        }
      }
      expect(resumed).toBeGreaterThan(RUNS / 20);
      expect(forks).toBeGreaterThan(RUNS / 2);
    },
    60_000 + RUNS * 1_000,
  );

  const slow = (prompt: string, more: object = {}): TestNode =>
    ({ kind: "task", output: "row", agent: "a", prompt: { $: `\`${prompt}\`` }, ...more }) as TestNode;

  it("begins what was under way anew, with what it was asked then, and says what acts on the world twice", async () => {
    const plan = planOf({
      p: { kind: "parallel" } as TestNode,
      quick: value(1, { parent: "p" }),
      pay: slow("rows: ${ctx.outputs.row.length}", { parent: "p", sideEffect: "once" }),
      after: slow("after"),
    });
    const bench = new Bench(plan, async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return done({ v: 2 });
    });
    await bench.run();
    const fork = await Travelled.fork(bench.space, plan, 1);
    expect(fork.repeats).toEqual(["pay"]);
    const prompts: string[] = [];
    const { status } = await fork.resume((request) => {
      if ("prompt" in request) prompts.push(request.prompt);
      return done({ v: 3 });
    });
    expect(status).toBe("finished");
    expect(fork.started).toEqual(["pay 2", "after 1"]);
    expect(prompts).toEqual(["rows: 0", "after"]);
    expect(await rowsOf(fork.space)).toEqual({ quick: { v: 1 }, pay: { v: 3 }, after: { v: 3 } });
  });

  it("counts what had been told by then of the usage of what was under way, and nothing of later", async () => {
    const plan = planOf({
      p: { kind: "parallel" } as TestNode,
      s: { kind: "sequence", parent: "p" } as TestNode,
      first: slow("first", { parent: "s" }),
      second: slow("second", { parent: "s" }),
      long: slow("long", { parent: "p" }),
    });
    const bench = new Bench(plan);
    let [told, ended] = [() => {}, () => {}];
    const [toldOnce, secondEnded] = [
      new Promise<void>((r) => (told = r)),
      new Promise<void>((r) => (ended = r)),
    ];
    const usage = { ...NO_USAGE, inputTokens: 900, calls: 1 };
    const executors = executorsOf(async (request, { record }) => {
      const prompt = "prompt" in request ? request.prompt : "";
      if (prompt === "second") setTimeout(ended, 20);
      if (prompt === "first") await toldOnce;
      if (prompt !== "long") return done({ v: 1 });
      await record("agent.usage", usage);
      told();
      await secondEnded;
      await record("agent.usage", usage);
      return { ...done({ v: 2 }), usage: { ...usage, inputTokens: 1_800, calls: 2 } };
    });
    expect((await bench.run({ executors })).totals.calls).toBe(2);
    const callsAt = async (frame: number) =>
      (await (await Travelled.fork(bench.space, plan, frame)).resume()).totals.calls;
    const counted = [];
    for (const frame of await framesOf(bench.space)) counted.push(await callsAt(frame));
    expect(counted).toEqual([0, 1, 1, 2]);
  });

  it("has the signals that had come by then, the times of timers, and what was read of files", async () => {
    const plan = planOf({
      read: computed("ctx.fs.readFile('notes.md')"),
      first: { kind: "wait", event: "paid", output: "row" } as TestNode,
      nap: { kind: "timer", duration: "1h" } as TestNode,
      second: { kind: "wait", event: "paid", output: "row" } as TestNode,
      again: computed("ctx.fs.readFile('notes.md')"),
    });
    const bench = new Bench(plan);
    const send = (...amounts: number[]) => ({
      requests: (take: (request: SignalRequest, done: () => void) => void) => {
        for (const amount of amounts)
          take({ name: "paid", correlationId: null, payload: { amount }, by: "p", at: 1 }, () => {});
        return () => {};
      },
    });
    const files = memoryFiles({ "notes.md": "old" });
    await bench.run({ files, ...send(10, 20) });
    const frames = await framesOf(bench.space);
    const world = await memoryReader(bench.space).frames(-1, 100);
    const napping = world.find(({ delta }) => JSON.stringify(delta).includes('"nap":"waiting"'))!.frame;
    expect(frames.length).toBeGreaterThan(napping + 1);
    const fork = await Travelled.fork(bench.space, plan, napping);
    const { tasks } = await memoryReader(fork.space).journal();
    const nap = tasks.find(({ nodeId }) => nodeId === "nap");
    expect(nap?.reason).toEqual({ until: new Date(1_000_000 + 3_600_000).toISOString() });
    const { status } = await fork.resume(() => done(null), { files: memoryFiles({ "notes.md": "new" }) });
    expect(status).toBe("finished");
    expect(await rowsOf(fork.space)).toEqual({
      read: { v: "old" },
      first: { amount: 10 },
      second: { amount: 20 },
      // The file is another one by now, which the fork sees as any resumed run does.
      again: { v: "new" },
    });
  });

  it("has its own id and the seed of the run that it comes from, and can be forked itself", async () => {
    const plan = planOf({ a: computed("ctx.runId"), b: computed("ctx.runId"), c: computed("ctx.runId") });
    const bench = new Bench(plan);
    await bench.run();
    const fork = await Travelled.fork(bench.space, plan, 0, "other");
    await fork.resume(() => done(null));
    const second = await Travelled.fork(fork.space, plan, 2, "third");
    await second.resume(() => done(null));
    expect(await rowsOf(second.space)).toEqual({ a: { v: "r" }, b: { v: "other" }, c: { v: "third" } });
    const seeds = [bench, fork, second].map(
      async ({ space }) => (await memoryReader(space).journal()).run?.seed,
    );
    expect(new Set(await Promise.all(seeds)).size).toBe(1);
  });

  it("of a frame that there is not is refused", async () => {
    const plan = planOf({ a: value(1) });
    const bench = new Bench(plan);
    await bench.run();
    await expect(Travelled.fork(bench.space, plan, 9)).rejects.toThrow(
      "run r has no frame 9: its frames are 0 to 1",
    );
  });
});
