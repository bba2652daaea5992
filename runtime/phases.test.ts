/** Phases and steps: sequences that tell when they begin and end. */

import { describe, expect, it } from "vitest";
import { cpuMs } from "../test/cpu.ts";
import { Bench, done, executorsOf, failed } from "../test/engine.ts";
import { planOf, type TestNode, value } from "../test/plans.ts";
import { memoryReader } from "./store/index.ts";

type Nodes = { readonly [key: string]: TestNode };
const phase = (name: unknown, more: object = {}): TestNode => ({ kind: "phase", name, ...more }) as TestNode;
const step = (name: unknown, more: object = {}): TestNode => ({ kind: "step", name, ...more }) as TestNode;
const agent = (parent: string, more: object = {}): TestNode =>
  ({ kind: "task", parent, agent: "a", prompt: "p", output: "row", retries: 0, ...more }) as TestNode;

const benchOf = (nodes: Nodes): Bench =>
  new Bench(planOf(nodes), (_, { address }) =>
    address.nodeId.startsWith("bad") ? failed("no", false) : done({ v: 1 }),
  );

/** What phases and steps told: `started plan (1 of 2)`. */
const told = ({ events }: Bench): string[] =>
  events.flatMap(({ type, data }) => {
    const [kind, what] = type.split(".");
    if (kind !== "phase" && kind !== "step") return [];
    const at = data.iteration ? `#${data.iteration}` : "";
    return [`${what} ${data.name ?? data.nodeId}${at}${data.of ? ` (${data.n} of ${data.of})` : ""}`];
  });

const states = async (bench: Bench): Promise<string[]> =>
  (await memoryReader(bench.space).journal()).tasks
    .filter(({ kind }) => kind === "phase" || kind === "step")
    .map(({ nodeId, iteration, state }) => `${nodeId}#${iteration} ${state}`);

describe("a phase", () => {
  it("begins when its turn comes and ends with the last thing in it: events and records", async () => {
    const bench = benchOf({
      plan: phase("Plan"),
      a: agent("plan"),
      do: phase({ $: "`Do ${ctx.outputs.row.length}`" }, { id: "doing" }),
      one: step("One", { parent: "do" }),
      b: agent("one"),
      two: step("Two", { parent: "do" }),
      c: agent("two"),
      after: agent("w"),
    });
    expect((await bench.run()).status).toBe("finished");
    expect(told(bench)).toEqual([
      "started Plan (1 of 2)",
      "finished Plan (1 of 2)",
      "started Do 1 (2 of 2)",
      "started One (1 of 2)",
      "finished One (1 of 2)",
      "started Two (2 of 2)",
      "finished Two (2 of 2)",
      "finished Do 1 (2 of 2)",
    ]);
    expect(bench.nodes("task.started")).toEqual(["a", "b", "c", "after"]);
    expect(await states(bench)).toEqual([
      "plan#0 finished",
      "doing#0 finished",
      "one#0 finished",
      "two#0 finished",
    ]);
  });

  it("in a loop is one of each iteration", async () => {
    const bench = benchOf({
      l: { kind: "loop", maxIterations: 2 } as TestNode,
      p: phase("Round", { parent: "l" }),
      a: agent("p"),
    });
    await bench.run();
    expect(told(bench)).toEqual([
      "started Round (1 of 1)",
      "finished Round (1 of 1)",
      "started Round#1 (1 of 1)",
      "finished Round#1 (1 of 1)",
    ]);
    expect(await states(bench)).toEqual(["p#0 finished", "p#1 finished"]);
  });

  it("is skipped as its turn comes: nothing in it is there, and what waits for it goes on", async () => {
    const bench = benchOf({
      a: agent("w"),
      p: phase("Skip me", { skipIf: "ctx.output('row', { nodeId: 'a' }).v === 1" }),
      b: agent("p"),
      after: agent("w", { dependsOn: ["p"] }),
      reader: value(0, { payload: { $: "({ v: ctx.outputMaybe('row', { nodeId: 'b' }) === undefined })" } }),
    });
    const { status, outputs } = await bench.run();
    expect(status).toBe("finished");
    expect(told(bench)).toEqual(["skipped Skip me"]);
    expect(bench.nodes("task.started")).toEqual(["a", "after", "reader"]);
    expect(outputs.row?.at(-1)).toMatchObject({ v: true });
    expect(await states(bench)).toEqual(["p#0 skipped"]);
  });

  it("waits for what its name or its skipIf hangs on, and says so where that never comes", async () => {
    const late = benchOf({
      side: { kind: "parallel" } as TestNode,
      s: { kind: "sequence", parent: "side" } as TestNode,
      p: phase({ $: "`For ${ctx.output('row', { nodeId: 'a' }).v}`" }, { parent: "s" }),
      b: agent("p"),
      a: agent("side"),
    });
    await late.run();
    expect(late.nodes("task.started")).toEqual(["a", "b"]);
    expect(told(late)[0]).toBe("started For 1 (1 of 1)");
    const never = benchOf({ p: phase({ $: "nothing.there" }), b: agent("p") });
    expect((await never.run()).reason).toContain("nodes.p.name");
  });

  it("of a run that failed in it is under way, and goes on where a resume does", async () => {
    const bench = benchOf({ p: phase("P"), bad: agent("p"), b: agent("p") });
    expect((await bench.run()).status).toBe("failed");
    expect(await states(bench)).toEqual(["p#0 running"]);
    await bench.resume({ executors: executorsOf(() => done({ v: 1 })) });
    expect(told(bench)).toEqual(["started P (1 of 1)", "finished P (1 of 1)"]);
  });

  it("that what is around it ended is cancelled: a loop that closes in mid-body, a try that failed, an unmounted branch", async () => {
    const bench = benchOf({
      l: { kind: "loop", until: "ctx.outputMaybe('row', { nodeId: 'a' }) !== undefined" } as TestNode,
      p: phase("P", { parent: "l" }),
      a: agent("p"),
      b: agent("p"),
      t: { kind: "try", id: "t" } as TestNode,
      tt: { kind: "sequence", role: "try", parent: "t" } as TestNode,
      q: phase("Q", { parent: "tt" }),
      bad: agent("q"),
      c: { kind: "sequence", role: "catch", parent: "t" } as TestNode,
      x: agent("c"),
      side: { kind: "parallel" } as TestNode,
      r: phase("R", { parent: "side", if: "ctx.outputMaybe('row', { nodeId: 'y' }) === undefined" }),
      slow: agent("r"),
      y: agent("side"),
    });
    let release = (): void => {};
    const executors = executorsOf((_, { address: { nodeId } }) => {
      if (nodeId === "bad") return failed("no", false);
      if (nodeId === "slow") {
        return new Promise((resolve) => {
          release = () => resolve(done({ v: 2 }));
        });
      }
      if (nodeId === "y") setTimeout(() => release(), 20);
      return done({ v: 1 });
    });
    expect((await bench.run({ executors })).status).toBe("finished");
    expect(await states(bench)).toEqual(["p#0 cancelled", "q#0 cancelled", "r#0 cancelled"]);
    expect(told(bench).filter((text) => text.startsWith("cancelled"))).toHaveLength(3);
  });

  it("lets the rest of its sequence go on while all that is left waits for people (async)", async () => {
    const bench = benchOf({
      p: phase("P"),
      ok: { kind: "approval", parent: "p", output: "ok", title: "?", async: true } as TestNode,
      a: agent("w"),
    });
    expect((await bench.run()).status).toBe("waiting");
    expect(bench.nodes("task.started")).toEqual(["a"]);
  });

  it("begins again where something mounts in it later", async () => {
    const bench = benchOf({
      p: phase("P"),
      a: agent("p"),
      fix: agent("p", { if: "ctx.outputMaybe('row', { nodeId: 'review' })?.v === 1" }),
      review: agent("w"),
    });
    await bench.run();
    expect(bench.nodes("task.started")).toEqual(["a", "review", "fix"]);
    expect(told(bench)).toEqual([
      "started P (1 of 1)",
      "finished P (1 of 1)",
      "started P (1 of 1)",
      "finished P (1 of 1)",
    ]);
  });

  it("of many costs each its own: the order is worked out once", async () => {
    const took = async (count: number): Promise<number> => {
      const nodes: { [key: string]: TestNode } = {};
      for (let n = 0; n < count; n++) {
        nodes[`p${n}`] = phase(`P${n}`);
        nodes[`t${n}`] = value(n, { parent: `p${n}` });
      }
      const bench = new Bench(planOf(nodes));
      const from = cpuMs();
      await bench.run();
      expect(told(bench).at(-1)).toBe(`finished P${count - 1} (${count} of ${count})`);
      return cpuMs() - from;
    };
    await took(50);
    const [few, many] = [await took(100), await took(800)];
    // Linear is 8 times; squares would be 64.
    expect(many / few).toBeLessThan(24);
  });
});
