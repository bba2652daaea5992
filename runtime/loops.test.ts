/** How loops go on (SEMANTICS 22): what stands directly in one, its bound, a process that dies in the third iteration. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Bench, done } from "../test/engine.ts";
import { computed, planOf, type TestNode } from "../test/plans.ts";

const agent = (more: object = {}): TestNode =>
  ({ kind: "task", agent: "a", output: "row", parent: "l", prompt: "go", ...more }) as TestNode;

/** Starts and ends of tasks, in order. */
const course = ({ events }: Bench): string[] =>
  events
    .filter(({ type }) => type === "task.started" || type === "task.finished")
    .map(({ type, data }) => `${type.slice("task.".length)} ${data.nodeId}@${data.iteration}`);

describe("22: a loop", () => {
  it("does what stands directly in it one after another", async () => {
    const bench = new Bench(
      planOf({ l: { kind: "loop", maxIterations: 2 }, one: agent(), two: agent() }),
      async () => {
        await sleep(2);
        return done({ v: 1 });
      },
    );
    await bench.run();
    expect(course(bench)).toEqual(
      [0, 1].flatMap((n) => ["one", "two"].flatMap((id) => [`started ${id}@${n}`, `finished ${id}@${n}`])),
    );
  });

  it("ends after iteration 2 where until is true then: nothing more is evaluated or started", async () => {
    const bench = new Bench(
      planOf({
        l: { kind: "loop", until: "ctx.iterationCount('row', 'last') >= 2", maxIterations: 9 },
        first: agent(),
        last: agent(),
        after: computed("ctx.iterationCount('row', 'first')"),
      }),
      () => done({ v: 1 }),
    );
    const { outputs } = await bench.run();
    expect(bench.nodes("task.started")).toEqual(["first", "last", "first#1", "last#1", "after"]);
    expect(outputs.row?.at(-1)).toMatchObject({ v: 2 });
  });

  it("that reached its bound gives its last rows to what follows, unless told to fail", async () => {
    const nodes = (more: object) => ({
      l: { kind: "loop", maxIterations: 3, until: "false", ...more } as TestNode,
      work: computed("ctx.iteration", { parent: "l" }),
      after: computed("ctx.output('row', { nodeId: 'work' }).v"),
    });
    for (const onMaxReached of [undefined, "return-last"]) {
      const { status, outputs } = await new Bench(planOf(nodes({ onMaxReached }))).run();
      expect([status, outputs.row?.at(-1)?.v]).toEqual(["finished", 2]);
    }
    expect((await new Bench(planOf(nodes({ onMaxReached: "fail" }))).run()).status).toBe("failed");
  });

  it("whose process dies in iteration 3 goes on in that one: the first two are not done again", async () => {
    let hangs = true;
    const bench = new Bench(
      planOf({
        l: { kind: "loop", maxIterations: 4 },
        draft: agent(),
        check: agent({ prompt: { $: "`check ${ctx.output('row', { nodeId: 'draft' }).v}`" } }),
      }),
      (request, { address }) => {
        if (hangs && request.kind === "agent" && request.prompt === "check 2") return new Promise(() => {});
        return done({ v: address.iteration });
      },
    );
    void bench.run().catch(() => {});
    while (bench.nodes("task.started").at(-1) !== "check#2") await sleep(1);
    hangs = false;
    bench.space.evict();
    const { status, outputs } = await bench.resume();
    expect(status).toBe("finished");
    expect(outputs.row?.map(({ nodeId, iteration }) => `${nodeId} ${iteration}`)).toEqual(
      [0, 1, 2, 3].flatMap((n) => [`draft ${n}`, `check ${n}`]),
    );
    expect(bench.nodes("task.started")).toEqual([
      ...["draft", "check", "draft#1", "check#1", "draft#2", "check#2"],
      ...["check#2", "draft#3", "check#3"],
    ]);
  });
});
