/** State, handlers and frames (SEMANTICS 1–12, 25, 58): what handlers write, when it counts, who is told of it. */
import { describe, expect, it } from "vitest";
import { Bench, done, executorsOf, failed } from "../test/engine.ts";
import { computed, planOf, type TestNode, value } from "../test/plans.ts";
import { World } from "./interpreter/world.ts";
import { run } from "./run.ts";
import { memoryReader, memoryStore } from "./store/index.ts";
import type { TransitionRecord } from "./store/store.ts";

const task = (more: object): TestNode =>
  ({ kind: "task", output: "row", payload: { v: 1 }, ...more }) as TestNode;
const agent = (more: object): TestNode =>
  ({ kind: "task", output: "row", agent: "a", prompt: "go", ...more }) as TestNode;
const read = (key: string): string => `ctx.state.get('${key}') ?? 'none'`;

async function transitions(bench: Bench): Promise<readonly TransitionRecord[]> {
  return memoryReader(bench.space).transitions(0, 1_000);
}

const short = ({ store, key, old, new: now, frame, nodeId, trigger, index }: TransitionRecord): string =>
  `${frame} ${nodeId}.${trigger}[${index}] ${store}.${key}: ${JSON.stringify(old)} → ${JSON.stringify(now)}`;

async function ran(nodes: { readonly [key: string]: TestNode }, work?: Bench["work"]) {
  const bench = new Bench(planOf(nodes), work);
  const result = await bench.run();
  const journal = await memoryReader(bench.space).journal();
  const frames = await memoryReader(bench.space).frames(-1, 1_000);
  return { bench, result, journal, frames, log: (await transitions(bench)).map(short) };
}

const failures = (bench: Bench) =>
  bench.events.filter(({ type }) => type === "handler.failed").map(({ data }) => data);

describe("a handler", () => {
  it("1: writes in one commit, a transition a key, in order", async () => {
    const { bench, log, frames, result } = await ran({
      a: task({
        onFinished:
          "(row, { state }) => { state.set('x', row.v); state.set('y', { deep: [row.v] }); state.set('z', 'last'); }",
      }),
      b: computed(read("z")),
    });
    expect(result.outputs.row).toMatchObject([{ v: 1 }, { v: "last" }]);
    expect(log).toEqual([
      "1 a.onFinished[0] state.x: null → 1",
      '1 a.onFinished[1] state.y: null → {"deep":[1]}',
      '1 a.onFinished[2] state.z: null → "last"',
    ]);
    expect(frames[1]?.delta).toMatchObject({
      changed: { a: "finished", b: "running" },
      state: { x: 1, y: { deep: [1] }, z: "last" },
    });
    expect(failures(bench)).toEqual([]);
  });

  it("1: its writes are in the commit of the result and the frame that follows", async () => {
    const commits: string[][] = [];
    const store = memoryStore();
    const { commit } = store;
    store.commit = (given) => {
      commits.push(given.writes.map(({ type }) => type));
      return commit.call(store, given);
    };
    const plan = planOf({ a: task({ onFinished: "(row, { state }) => state.set('x', 1)" }), b: value(2) });
    await run(plan, { root: "/nowhere", runId: "r", store, executors: executorsOf(() => done(null)) });
    const [together] = commits.filter((types) => types.includes("transition"));
    expect(together).toEqual(expect.arrayContaining(["output", "transition", "frame", "attempt"]));
    expect(commits.filter((types) => types.includes("transition"))).toHaveLength(1);
  });

  it("3: sees the state of the frame before, and what it writes is seen by the next", async () => {
    const { result, journal } = await ran({
      a: task({
        onFinished: "(row, { state }) => { state.set('n', 1); state.set('seen', state.get('n', 'old')); }",
      }),
      b: task({
        payload: { $: "({ v: ctx.state.get('n') })" },
        onFinished: "(row, { state }) => { state.set('n', 2); state.set('seen', state.get('n')); }",
      }),
    });
    expect(result.outputs.row).toMatchObject([{ v: 1 }, { v: 1 }]);
    expect(journal.state).toEqual({ n: 2, seen: 1 });
  });

  it("4: init leaves a key that is there, and makes no transition", async () => {
    const { log, journal } = await ran({
      a: task({ onFinished: "(row, { state }) => { state.init('n', 1); state.init('n', 2); }" }),
      b: task({ onFinished: "(row, { state }) => state.init('n', 3)" }),
    });
    expect(journal.state).toEqual({ n: 1 });
    expect(log).toEqual(["1 a.onFinished[0] state.n: null → 1"]);
  });

  it("5: writes one key several times; each builds on the one before", async () => {
    const { log, journal, frames } = await ran({
      a: task({
        onFinished:
          "(row, { state }) => { state.set('n', 1); state.update('n', (n) => n + 1); state.set('n', 5); state.update('n', (n) => n + 1); }",
      }),
    });
    expect(journal.state).toEqual({ n: 6 });
    expect(log.map((line) => line.slice(line.indexOf(": ") + 2))).toEqual([
      "null → 1",
      "1 → 2",
      "2 → 5",
      "5 → 6",
    ]);
    expect(frames[1]?.delta).toMatchObject({ state: { n: 6 } });
  });

  it("6: of several that end in one frame, the order is that of the document", async () => {
    const add = "(row, { state }) => state.update('order', (list) => [...(list ?? []), row.v])";
    const nodes: { [key: string]: TestNode } = { p: { kind: "parallel" } };
    for (const v of [1, 2, 3]) nodes[`t${v}`] = agent({ parent: "p", onFinished: add, prompt: String(v) });
    let open: (() => void)[] = [];
    const bench = new Bench(planOf(nodes), async (request) => {
      const v = request.kind === "agent" ? Number(request.prompt) : 0;
      await new Promise<void>((resolve) => {
        open[v] = resolve;
        if (open.filter(Boolean).length === 3) for (const go of [3, 2, 1]) open[go]?.();
      });
      return done({ v });
    });
    await bench.run();
    open = [];
    const { outputs, state } = await memoryReader(bench.space).journal();
    // They came in another order, in one turn.
    expect(outputs.map(({ nodeId }) => nodeId)).not.toEqual(["t1", "t2", "t3"]);
    expect(new Set(outputs.map(({ frame }) => frame)).size).toBe(1);
    expect(state).toEqual({ order: [1, 2, 3] });
  });

  it("7: set to null takes the key away; a read gives the default then", async () => {
    const { journal, result, log } = await ran({
      a: task({ onFinished: "(row, { state }) => { state.set('k', 1); state.set('gone', 2); }" }),
      b: task({
        onFinished:
          "(row, { state }) => { state.set('k', null); state.delete('gone'); state.delete('never'); }",
      }),
      c: computed("[ctx.state.get('k', 'd'), ctx.state.has('gone'), ctx.state.keys()]"),
    });
    expect(journal.state).toEqual({});
    expect(result.outputs.row?.at(-1)).toMatchObject({ v: ["d", false, []] });
    expect(log.slice(2)).toEqual([
      "2 b.onFinished[0] state.k: 1 → null",
      "2 b.onFinished[1] state.gone: 2 → null",
    ]);
  });

  it.each([
    ["throws", "throw new Error('no')", "THROWN", /no/],
    [
      "reads what is not there",
      "state.set('y', ctx.output('row', { nodeId: 'later' }).v)",
      "PENDING",
      /outputs.row@later/,
    ],
    ["writes what is no JSON", "state.set('y', new Map())", "FORBIDDEN", /Map/],
    ["fails in an update", "state.update('y', (y) => y.deep.deeper)", "THROWN", /deep/],
    [
      "writes in an update",
      "state.update('y', () => { state.set('z', 1); return 1; })",
      "FORBIDDEN",
      /update function/,
    ],
    ["has a key that is no text", "state.set(3, 1)", "FORBIDDEN", /key that is a text/],
  ])("8: that %s has written nothing, and says so; the run goes on", async (_, body, code, message) => {
    const { bench, journal, result, log } = await ran({
      a: task({ onFinished: `(row, { state }) => { state.set('x', 1); ${body}; }` }),
      later: task({ onFinished: "(row, { state }) => state.set('later', true)" }),
    });
    expect(result.status).toBe("finished");
    expect(journal.state).toEqual({ later: true });
    expect(log).toHaveLength(1);
    expect(failures(bench)).toMatchObject([{ nodeId: "a", handler: "onFinished", code }]);
    expect(String(failures(bench)[0]?.message)).toMatch(message);
  });

  it("that the run decides on may be none", async () => {
    const some = "(row, { state }) => state.set('some', row.v)";
    const { bench, journal } = await ran({
      a: task({ onFinished: `ctx.outputs.row.length > 1 ? ${some} : undefined` }),
      b: task({ onFinished: `ctx.outputs.row.length > 1 ? ${some} : undefined`, payload: { v: 2 } }),
    });
    expect(journal.state).toEqual({ some: 2 });
    expect(failures(bench)).toEqual([]);
  });

  it("fires for a failure for good, with the error; not for one that is tried again", async () => {
    let tries = 0;
    const { journal, result } = await ran(
      {
        a: agent({
          retries: 1,
          continueOnFail: true,
          onError: "(error, { state }) => state.set('why', error)",
        }),
        b: computed(read("why")),
        c: task({ skipIf: "true", onFinished: "(row, { state }) => state.set('skipped', true)" }),
        d: {
          kind: "timer",
          duration: "1s",
          onFinished: "(row, { state }) => state.set('rang', row === undefined)",
        },
      },
      () => failed(`try ${++tries}`),
    );
    expect(tries).toBe(2);
    expect(journal.state).toEqual({ why: { code: "PROVIDER", message: "try 2" }, rang: true });
    expect(result.outputs.row).toMatchObject([{ v: { code: "PROVIDER" } }]);
  });

  it("fires for a node that could not even start", async () => {
    const { journal } = await ran({
      a: task({
        payload: { $: "({ v: ctx.input.none.deep })" },
        continueOnFail: true,
        onError: "(error, { state }) => state.set('why', error.code)",
      }),
      b: value(1),
    });
    expect(journal.state).toEqual({ why: "THROWN" });
  });

  it("25: does not fire when its node is gone", async () => {
    const { bench, journal, result } = await ran(
      {
        p: { kind: "parallel" },
        a: agent({
          parent: "p",
          if: "ctx.outputMaybe('row', { nodeId: 'b' }) === undefined",
          onFinished: "(row, { state }) => state.set('a', true)",
          prompt: "slow",
        }),
        b: task({ parent: "p", onFinished: "(row, { state }) => state.set('b', true)" }),
      },
      async (request) => {
        if (request.kind === "agent") await new Promise((resolve) => setTimeout(resolve, 20));
        return done({ v: 1 });
      },
    );
    expect(result.status).toBe("finished");
    expect(bench.nodes("task.finished")).toEqual(["b", "a"]);
    expect(journal.state).toEqual({ b: true });
  });
});

describe("volatile state", () => {
  it("9: counts its flushes, is in the journal for a replay, and is gone after a restart", async () => {
    const note = "(row, { vol }) => { vol.update('n', (n) => (n ?? 0) + 1); vol.set('last', row.v); }";
    const bench = new Bench(
      planOf({
        a: task({ onFinished: note }),
        b: task({ onFinished: note }),
        c: computed("[ctx.vol.version, ctx.vol.get('n')]"),
        gate: { kind: "approval", output: "decision" },
        d: computed("[ctx.vol.version, ctx.vol.get('n', 'gone')]"),
      }),
    );
    const first = await bench.run();
    expect(first.status).toBe("waiting");
    expect(first.outputs.row?.at(-1)).toMatchObject({ v: [2, 2] });
    expect((await memoryReader(bench.space).journal()).state).toEqual({});
    expect((await transitions(bench)).every(({ store }) => store === "vol")).toBe(true);
    const approved = {
      nodeId: "gate",
      scope: "",
      iteration: 0,
      approved: true,
      note: null,
      decidedBy: "t",
      decidedAt: 1,
    };
    const result = await bench.resume({
      requests: ((take: (decision: object, told: () => void) => void) => {
        take(approved, () => {});
        return () => {};
      }) as never,
    });
    expect(result.outputs.row?.at(-1)).toMatchObject({ v: [0, "gone"] });
  });

  it("durable state is there after a restart", async () => {
    const plan = planOf({
      a: task({ onFinished: "(row, { state }) => state.set('phase', 'review')" }),
      b: agent({ prompt: { $: "`phase ${ctx.state.get('phase')}`" } }),
    });
    const bench = new Bench(plan, () => failed("no", false));
    expect((await bench.run()).status).toBe("failed");
    const prompts: string[] = [];
    const result = await bench.resume({
      executors: executorsOf((request) => {
        if (request.kind === "agent") prompts.push(request.prompt);
        return done({ v: 2 });
      }),
    });
    expect(result.status).toBe("finished");
    expect(prompts).toEqual(["phase review"]);
  });
});

describe("a frame", () => {
  it("2: in which an expression writes is refused; the result that led to it is kept, and the run fails", async () => {
    const { bench, result, journal, frames } = await ran({
      a: task({ onFinished: "(row, { state }) => state.set('seen', row.v)" }),
      b: value(2, { if: "ctx.outputs.row.length === 1 && (ctx.state.set('x', 1) ?? true)" }),
    });
    expect(result).toMatchObject({ status: "failed" });
    expect(result.reason).toMatch(/nodes\.b\.if: state\.set\("x"\) writes while a frame is evaluated/);
    expect(journal.outputs).toHaveLength(1);
    expect(journal.state).toEqual({ seen: 1 });
    expect(frames).toHaveLength(1);
    expect(journal.tasks.map(({ nodeId, state }) => [nodeId, state])).toEqual([["a", "finished"]]);
    expect(bench.nodes("task.started")).toEqual(["a"]);
    const again = await bench.resume();
    expect(again.reason).toBe(result.reason);
    expect(bench.nodes("task.started")).toEqual(["a"]);
  });

  it("2: a named value that a handler reads can't write either", async () => {
    const { result } = await ran({
      w: { kind: "workflow", values: { bad: { expr: "ctx.state.set('x', 1)", reads: [] } } },
      a: task({ onFinished: "(row, { state }) => { state.set('y', bad); }" }),
    });
    expect(result.status).toBe("failed");
    expect(result.reason).toMatch(/w\.values\.bad: state\.set\("x"\) writes/);
  });

  it("10: evaluates nothing anew that read another key", () => {
    const nodes: { [key: string]: TestNode } = {};
    for (let i = 0; i < 50; i++) {
      nodes[`a${i}`] = value(0, { if: `ctx.state.get('a', 0) > ${i + 100}` });
      nodes[`b${i}`] = value(0, { if: `ctx.state.get('b', 0) > ${i + 100}` });
    }
    const world = new World(planOf(nodes), { runId: "r", input: {}, now: 0 });
    world.begin();
    world.evaluate(() => true);
    const evaluated = (key: string, to: number): number => {
      const before = world.graph.evaluations;
      world.state.state.put(new Map([[key, to]]));
      world.evaluate(() => true);
      return world.graph.evaluations - before;
    };
    expect(evaluated("b", 1)).toBe(50);
    expect(evaluated("a", 1)).toBe(50);
    expect(evaluated("c", 1)).toBe(0);
  });

  it("12: that changes nothing is not stored; a write that leaves a key as it was changes nothing", async () => {
    const { frames, log } = await ran(
      {
        a: agent({ onProgress: "(said, { state }) => state.set('same', 1)" }),
      },
      async (_, context) => {
        for (const n of [1, 2, 3]) {
          context.emit("task.log", { message: String(n), data: null });
          await new Promise((resolve) => setTimeout(resolve, 15));
        }
        return done({ v: 1 });
      },
    );
    expect(log).toHaveLength(1);
    // Start, the first thing said, the result.
    expect(frames.map(({ cause }) => cause)).toEqual(["start", "progress", "result"]);
  });

  it("11: what is said 100 ms after a frame waits until 250 ms after it; a task that ends does not", async () => {
    const bench = new Bench(
      planOf({
        p: { kind: "parallel" },
        a: agent({
          parent: "p",
          prompt: "talks",
          onProgress: "(said, { state }) => state.set('said', said.message)",
        }),
        b: agent({ parent: "p", prompt: "ends" }),
      }),
      async (request, context) => {
        const { clock } = bench;
        const sleep = (ms: number): Promise<void> =>
          new Promise((resolve) => {
            clock.at(clock.now() + ms, resolve);
          });
        if (request.kind !== "agent") return done(null);
        if (request.prompt === "ends") {
          await sleep(600);
          return done({ v: 2 });
        }
        await sleep(100);
        context.emit("task.log", { message: "hello", data: null });
        while (!bench.nodes("task.finished").includes("b")) await new Promise((next) => setTimeout(next, 1));
        await sleep(400);
        return done({ v: 1 });
      },
    );
    const began = bench.clock.now();
    await bench.run();
    const frames = await memoryReader(bench.space).frames(-1, 100);
    expect(frames.map(({ now, cause }) => [now - began, cause])).toEqual([
      [0, "start"],
      [250, "progress"],
      [600, "result"],
      [1_000, "result"],
    ]);
  });
});

describe("ctx.now", () => {
  it("58: is one time for all of a frame, that of its record; a replay gives it again", async () => {
    const bench = new Bench(
      planOf({
        w: { kind: "workflow", values: { at: { expr: "ctx.now()", reads: [] } } },
        p: { kind: "parallel" },
        a: computed("[ctx.now(), at, ctx.now()]", { parent: "p" }),
        b: computed("[ctx.now(), at, ctx.now()]", { parent: "p" }),
        c: computed("[ctx.now(), at, ctx.now()]"),
      }),
    );
    // A clock that goes on whenever somebody looks.
    let now = bench.clock.now();
    bench.clock.now = () => ++now;
    const { outputs } = await bench.run();
    const frames = await memoryReader(bench.space).frames(-1, 100);
    const times = new Set(frames.map(({ now: at }) => at));
    const [a, b, c] = (outputs.row ?? []).map(({ v }) => v as number[]);
    for (const seen of [a, b, c]) {
      expect(new Set(seen).size).toBe(1);
      expect(times.has(seen?.[0] ?? Number.NaN)).toBe(true);
    }
    expect(a).toEqual(b);
    expect(c?.[0]).toBeGreaterThan(a?.[0] ?? Number.NaN);
  });
});

describe("ctx.random", () => {
  it("hangs on the run and the key alone", async () => {
    const nodes = {
      a: computed("[ctx.random('x'), ctx.random('y')]"),
      b: computed("[ctx.random('x'), ctx.random('y')]"),
    };
    const { result } = await ran(nodes);
    const [first, second] = (result.outputs.row ?? []).map(({ v }) => v as number[]);
    expect(first).toEqual(second);
    expect(first![0]).not.toBe(first![1]);
    for (const drawn of first!) expect(drawn >= 0 && drawn < 1).toBe(true);
    expect((await ran(nodes)).result.outputs.row?.[0]?.v).not.toEqual(first);
  });
});
