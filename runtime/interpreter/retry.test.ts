/** When and how often a failed attempt is tried again (SEMANTICS 27). */
import { describe, expect, it } from "vitest";
import { Bench, failed } from "../../test/engine.ts";
import { planOf, type TestNode } from "../../test/plans.ts";

const agent = (more: object = {}): TestNode =>
  ({ kind: "task", output: "row", agent: "a", prompt: "go", ...more }) as TestNode;

/** Calls made of an agent that never answers, and the pauses between them, in milliseconds. */
async function triesOf(node: TestNode): Promise<{ calls: number; pauses: number[]; status: string }> {
  let calls = 0;
  const bench = new Bench(planOf({ a: node }), () => {
    calls++;
    return failed("overloaded");
  });
  const { status } = await bench.run();
  const starts = bench.events.filter(({ type }) => type === "task.started").map(({ at }) => at);
  return { calls, status, pauses: starts.slice(1).map((at, index) => at - (starts[index] ?? at)) };
}

describe("27: an agent whose provider stays overloaded", () => {
  it("is asked four times, not without end, and then fails", async () => {
    expect(await triesOf(agent())).toMatchObject({ calls: 4, status: "failed" });
  });

  it("waits 1 s, twice as long each time, never more than 60 s, with a tenth of jitter at most", async () => {
    const { pauses } = await triesOf(agent({ retries: 9 }));
    const bases = [1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000);
    expect(pauses).toHaveLength(bases.length);
    for (const [index, base] of bases.entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(base);
      expect(pauses[index]).toBeLessThanOrEqual(base * 1.1);
    }
    // Many runs that fail together don't come back together.
    expect(pauses.map((pause, index) => pause - (bases[index] ?? 0)).some((jitter) => jitter > 0)).toBe(true);
  });
});
