/** Tasks that must not be done twice (SEMANTICS 34). */
import { describe, expect, it } from "vitest";
import type { Json } from "../plan/types.ts";
import { Bench, done, executorsOf, failed } from "../test/engine.ts";
import { planOf, type TestNode } from "../test/plans.ts";
import type { AttemptResult } from "./executors/executor.ts";
import type { InboxRequest } from "./interpreter/run.ts";

const pay: TestNode = {
  kind: "task",
  agent: "a",
  prompt: "p",
  output: "row",
  retries: 5,
  sideEffect: "once",
} as never;
const after: TestNode = { kind: "task", output: "row", payload: { $: "ctx.output('row', 'pay')" } } as never;
const benchOf = (): Bench =>
  new Bench(
    planOf(
      { pay, after },
      { schemas: { row: "z.object({ v: z.number() })" }, agents: { a: { kind: "x", options: {} } } },
    ),
  );

/** What a person says once the run is open. */
const saying = (...answers: readonly Json[]) => ({
  requests: ((take: (request: InboxRequest, done: () => void) => void) => {
    setTimeout(() => {
      for (const [at, answer] of answers.entries())
        take({ nodeId: "pay", scope: "", iteration: 0, answer, by: "ann", at }, () => {});
    }, 20);
    return () => {};
  }) as never,
});

/** Every call, and what it gives. */
function calling(result: AttemptResult) {
  const calls: string[] = [];
  const executors = executorsOf((_, { address }) => {
    calls.push(address.nodeId);
    return result;
  });
  return { calls, executors };
}

describe("a task that is done once", () => {
  it.each([
    ["a connection that broke", failed("reset", true)],
    [
      "a time that ran out",
      { ok: false, error: { code: "TIMEOUT", message: "late", retryable: true } } as const,
    ],
    [
      "a process that ended",
      { ok: false, error: { code: "EXIT", message: "gone", retryable: false } } as const,
    ],
  ])("is uncertain after %s, and not repeated", async (_, result) => {
    const bench = benchOf();
    const { calls, executors } = calling(result);
    const waiting = await bench.run({ executors });
    expect(waiting).toMatchObject({ status: "waiting", waitingFor: [{ nodeId: "pay", asks: "resolution" }] });
    expect((await bench.resume({ executors })).status).toBe("waiting");
    expect(calls).toEqual(["pay"]);
    expect(bench.nodes("task.uncertain")).toEqual(["pay"]);
  });

  it("fails at once where the answer says that it was not done", async () => {
    const bench = benchOf();
    const { calls, executors } = calling(failed("bad request", false));
    expect((await bench.run({ executors })).reason).toBe("pay failed: PROVIDER: bad request");
    expect(calls).toEqual(["pay"]);
  });

  it("is uncertain after its process died in mid-attempt", async () => {
    const bench = benchOf();
    const stop = new AbortController();
    const executors = executorsOf(
      (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () =>
            resolve({ ok: false, error: { code: "CANCELLED", message: "interrupted", retryable: true } }),
          );
          setTimeout(() => stop.abort(), 5);
        }),
    );
    expect((await bench.run({ executors, signal: stop.signal })).status).toBe("cancelled");
    const { calls, executors: next } = calling(done({ v: 1 }));
    expect((await bench.resume({ executors: next })).status).toBe("waiting");
    expect(calls).toEqual([]);
  });

  it("goes on with the row that a person gives, is done when told to, or has failed", async () => {
    const uncertain = async (): Promise<Bench> => {
      const bench = benchOf();
      await bench.run(calling(failed("reset", true)));
      return bench;
    };
    const told = await uncertain();
    const rows = [{ v: "x" }, { v: 4 }].map((row) => ({ resolved: "done", row }));
    const good = await told.resume({ ...saying("again", ...rows), wait: true });
    expect(good.outputs.row).toMatchObject([{ v: 4 }, { v: 4 }]);
    expect(told.nodes("human.rejected")).toEqual(["pay", "pay"]);
    const again = await uncertain();
    const { calls, executors } = calling(done({ v: 2 }));
    const done2 = await again.resume({ ...saying({ resolved: "retry" }), executors, wait: true });
    expect(done2.status).toBe("finished");
    expect(calls).toEqual(["pay"]);
    const given = await uncertain();
    const failing = await given.resume({ ...saying({ resolved: "failed" }), wait: true });
    expect(failing.reason).toBe("pay failed: UNCERTAIN: ann says that it failed");
  });
});
