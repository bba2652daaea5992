/** Clocks that jump, within a life and between two (SEMANTICS 29, 36). */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Bench, done, failed } from "../../test/engine.ts";
import { planOf, type TestNode } from "../../test/plans.ts";
import { clockOf } from "./clock.ts";

const HOUR = 3_600_000;

/** A wall clock that can be set. */
function wall() {
  let offset = 0;
  return {
    clock: clockOf(() => Date.now() + offset),
    put: (ms: number) => {
      offset += ms;
    },
  };
}

/** Milliseconds until it is called. */
function timed(start: (due: () => void) => void): Promise<number> {
  const begun = performance.now();
  return new Promise((resolve) => start(() => resolve(performance.now() - begun)));
}

describe("the clock of the system", () => {
  it("is never early", async () => {
    const { clock } = wall();
    for (let n = 0; n < 20; n++) {
      const at = clock.now() + 7;
      await timed((due) => clock.at(at, due));
      expect(clock.now()).toBeGreaterThanOrEqual(at);
    }
  });

  it("calls what is due soon after it was put forward, or after the machine slept", async () => {
    const { clock, put } = wall();
    const due = timed((call) => clock.at(clock.now() + HOUR, call));
    await sleep(50);
    put(HOUR);
    expect(await due).toBeLessThan(5_000);
  });

  it("put back, makes nobody wait longer than he would have", async () => {
    const { clock, put } = wall();
    const due = timed((call) => clock.at(clock.now() + 300, call));
    put(-HOUR);
    const waited = await due;
    expect(waited).toBeGreaterThanOrEqual(300);
    expect(waited).toBeLessThan(5_000);
  });

  it("cuts no attempt's time short, however it is put", async () => {
    const { clock, put } = wall();
    const due = timed((call) => clock.after(300, call));
    put(HOUR);
    expect(await due).toBeGreaterThanOrEqual(299);
  });

  it("can take everything back", async () => {
    const { clock } = wall();
    let called = false;
    const call = (): void => {
      called = true;
    };
    for (const takeBack of [clock.at(clock.now() + 20, call), clock.after(20, call)]) takeBack();
    await sleep(60);
    expect(called).toBe(false);
  });
});

const timer = (more: object): TestNode => ({ kind: "timer", ...more }) as TestNode;

describe("a clock that is put back within a life", () => {
  it("keeps a duration as long as it is; a time of day comes when it comes", async () => {
    const { clock, put } = wall();
    const at = clock.now() + 500;
    const bench = new Bench(
      planOf({
        p: { kind: "parallel" },
        nap: timer({ parent: "p", duration: "500ms" }),
        noon: timer({ parent: "p", at: new Date(at).toISOString() }),
      }),
    );
    setTimeout(() => put(-800), 100);
    const begun = performance.now();
    const { status } = await bench.run({ clock });
    expect(status).toBe("finished");
    expect(bench.nodes("timer.fired")).toEqual(["nap", "noon"]);
    const [nap, noon] = bench.events.filter(({ type }) => type === "timer.fired");
    expect(nap?.at).toBeLessThan(at);
    expect(noon?.at).toBeGreaterThanOrEqual(at);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(1_299);
  });
});

describe("a clock that jumps between two lives", () => {
  const benchOf = (): Bench =>
    new Bench(
      planOf({ work: { kind: "task", output: "row", agent: "a", prompt: "go" } as TestNode }),
      (_, { attempt }) => (attempt === 1 ? failed("overloaded") : done({ v: 1 })),
    );

  /** The first attempt fails, then the process ends in the pause before the second one. */
  async function inThePause(bench: Bench): Promise<number> {
    const stop = new AbortController();
    const onEvent = ({ type }: { readonly type: string }): void => {
      if (type !== "task.retrying") return;
      bench.clock.frozen = true;
      stop.abort();
    };
    await bench.run({ signal: stop.signal, onEvent });
    bench.clock.frozen = false;
    return bench.clock.now();
  }

  const startOf = (bench: Bench, attempt: number): number =>
    bench.events.find(({ type, data }) => type === "task.started" && data.attempt === attempt)?.at ??
    Number.NaN;

  it("put forward: what is due is tried at once", async () => {
    const bench = benchOf();
    const paused = await inThePause(bench);
    bench.clock.pass(HOUR);
    expect((await bench.resume()).status).toBe("finished");
    expect(startOf(bench, 2)).toBe(paused + HOUR);
  });

  it("put back: the pause is not longer than it was to be, and a warning names both times", async () => {
    const bench = benchOf();
    const paused = await inThePause(bench);
    bench.clock.pass(-HOUR / 60);
    expect((await bench.resume()).status).toBe("finished");
    const waited = startOf(bench, 2) - (paused - HOUR / 60);
    expect(waited).toBeGreaterThanOrEqual(1_000);
    expect(waited).toBeLessThanOrEqual(1_100);
    const warning = bench.events.find(({ type }) => type === "run.warning");
    expect(warning?.data).toMatchObject({ code: "CLOCK_BACK" });
    expect(String(warning?.data.message)).toContain("it shows 1970-01-01T00:15:");
  });
});
