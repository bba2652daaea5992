/** What every driver of the store must do, as one suite. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as sample from "./sample.ts";
import type { RunReader, Store, Write } from "./store.ts";

/** One run's place under one driver. */
export interface Place {
  open(): Promise<Store>;
  reader(): Promise<RunReader>;
  /** Makes the present owner count as dead while it goes on. */
  evict(): Promise<void>;
  dispose(): Promise<void>;
}

/** Runs the suite for a driver; `place` makes an empty place for each case. */
export function conformance(driver: string, makePlace: () => Promise<Place>): void {
  describe(`store conformance: ${driver}`, () => {
    let place: Place;
    let store: Store;
    const commit = (...writes: Write[]): Promise<void> => store.commit({ expectEpoch: store.epoch, writes });

    beforeEach(async () => {
      place = await makePlace();
      store = await place.open();
    });
    afterEach(async () => {
      await store.close();
      await place.dispose();
    });

    it("is empty at first", async () => {
      expect(await store.journal()).toEqual({
        run: null,
        plan: null,
        lastFrame: null,
        tasks: [],
        attempts: [],
        outputs: [],
        decisions: [],
        state: {},
        lastTransition: 0,
        lastEvent: 0,
      });
      expect(await store.transitions(0, 10)).toEqual([]);
      expect(await store.events(0, 10)).toEqual([]);
      expect(await store.frames(-1, 10)).toEqual([]);
    });

    it("gives back every field of every record", async () => {
      const address = sample.at("wörk ✓", 2, "outer=0,inner=1");
      const writes = [
        sample.run({ reason: "waits for 'approve'\0" }),
        { type: "plan", digest: sample.DIGEST, text: '{"kind":"smithers.plan"}\n' },
        sample.frame(0, { delta: null, cause: "start" }),
        sample.frame(3),
        sample.task(address, { kind: "approval", state: "waiting", table: null, reason: { waits: [1] } }),
        sample.attempt(address, {
          attempt: 2,
          error: { code: "THROWN", message: "half \ud800 and \0" },
          nextAt: 1_790_000_009_999,
          usage: { tokens: 12, cost: 0.000125 },
          process: { pid: 4242, birth: "12345678" },
        }),
        sample.attempt(address, { attempt: 3, endedAt: null, state: "running" }),
        sample.output(1, address, { raw: "text", value: [false, null, 1e300, "\u2028"], frame: 3 }),
        {
          type: "decision",
          ...address,
          approved: false,
          note: "no\0t yet",
          decidedBy: "ann",
          decidedAt: 1_790_000_000_777,
        },
        { type: "event", event: { seq: 1, at: 5, type: "run.started", data: { deep: { list: [{}] } } } },
        { ...sample.transition(1, "phase ✓", { deep: ["\0"] }), ...address, old: "research", index: 2 },
      ] as const satisfies Write[];
      await commit(...writes);

      const bare = (index: number): unknown => {
        const { type: _, ...record } = writes[index] as Write & { [key: string]: unknown };
        return record;
      };
      expect(await store.journal()).toEqual({
        run: bare(0),
        plan: '{"kind":"smithers.plan"}\n',
        lastFrame: bare(3),
        tasks: [bare(4)],
        attempts: [bare(5), bare(6)],
        outputs: [bare(7)],
        decisions: [bare(8)],
        state: { "phase ✓": { deep: ["\0"] } },
        lastTransition: 1,
        lastEvent: 1,
      });
      expect(await store.frames(-1, 10)).toEqual([bare(2), bare(3)]);
      expect(await store.events(0, 10)).toEqual([writes[9].event]);
      expect(await store.transitions(0, 10)).toEqual([bare(10)]);
    });

    it("holds of state what the last change of each key left, and of volatile state nothing", async () => {
      await commit(
        sample.transition(1, "b", 1),
        sample.transition(2, "a", { n: 1 }),
        sample.transition(3, "b", null, { old: 1 }),
        sample.transition(4, "c", 1, { store: "vol" }),
      );
      await commit(sample.transition(5, "a", 2, { old: { n: 1 } }), sample.transition(6, "__proto__", "x"));
      const { state, lastTransition } = await store.journal();
      expect(Object.entries(state)).toEqual([
        ["__proto__", "x"],
        ["a", 2],
      ]);
      expect(lastTransition).toBe(6);
      expect((await store.transitions(1, 3)).map(({ seq }) => seq)).toEqual([2, 3, 4]);
    });

    it("keeps values of any size", async () => {
      const text = "0123456789 äöü ✓ \0\n".repeat(60_000);
      const address = sample.at("big");
      await commit(
        sample.run({ input: { text } }),
        { type: "plan", digest: sample.DIGEST, text },
        sample.frame(0, { delta: [text] }),
        sample.task(address, { reason: text }),
        sample.attempt(address, { request: text, error: text, usage: text }),
        sample.output(1, address, { raw: { text }, value: text }),
        { type: "event", event: { seq: 1, at: 1, type: "agent.message", data: { text } } },
      );
      const journal = await store.journal();
      expect(journal.run?.input).toEqual({ text });
      expect(journal.plan).toBe(text);
      expect(journal.lastFrame?.delta).toEqual([text]);
      expect(journal.tasks[0]?.reason).toBe(text);
      expect(journal.attempts[0]).toMatchObject({ request: text, error: text, usage: text });
      expect(journal.outputs[0]).toMatchObject({ raw: { text }, value: text });
      expect((await store.events(0, 1))[0]?.data).toEqual({ text });
    });

    it("replaces run, task and attempt in place; lists keep the order of first writing", async () => {
      const [a, b] = [sample.at("b-first"), sample.at("a-second")];
      await commit(sample.run(), sample.task(a, { state: "running" }), sample.task(b), sample.attempt(a));
      await commit(sample.attempt(b), sample.attempt(a, { attempt: 2 }));
      await commit(
        sample.run({ status: "waiting" }),
        sample.task(a, { state: "failed" }),
        sample.attempt(a, { state: "lost" }),
      );
      const journal = await store.journal();
      expect(journal.run?.status).toBe("waiting");
      expect(journal.tasks.map((t) => [t.nodeId, t.state])).toEqual([
        ["b-first", "failed"],
        ["a-second", "finished"],
      ]);
      expect(journal.attempts.map((t) => [t.nodeId, t.attempt, t.state])).toEqual([
        ["b-first", 1, "lost"],
        ["a-second", 1, "finished"],
        ["b-first", 2, "finished"],
      ]);
    });

    it("tells addresses apart by node, scope and iteration", async () => {
      const all = [sample.at("n"), sample.at("n", 1), sample.at("n", 1, "o=0"), sample.at("n", 1, "o=1")];
      await commit(...all.map((address) => sample.task(address)));
      expect((await store.journal()).tasks).toHaveLength(4);
    });

    it("takes the last of two writes of one record in one commit", async () => {
      const a = sample.at("n");
      await commit(sample.task(a, { state: "running" }), sample.task(a, { state: "finished" }));
      expect((await store.journal()).tasks.map((t) => t.state)).toEqual(["finished"]);
    });

    it.each<[string, Write[], Write[]]>([
      ["a gap in event seq", [sample.event(1)], [sample.event(3)]],
      ["an event twice", [sample.event(1)], [sample.event(1)]],
      ["a gap in transition seq", [sample.transition(1, "k", 1)], [sample.transition(3, "k", 2)]],
      ["a key without bytes", [], [sample.transition(1, "half \ud800", 1)]],
      ["a gap in output seq", [], [sample.output(2, sample.at("n"))]],
      [
        "a second output of one address",
        [sample.output(1, sample.at("n"))],
        [sample.output(2, sample.at("n"))],
      ],
      ["a frame twice", [sample.frame(4)], [sample.frame(4)]],
      ["an earlier frame", [sample.frame(4)], [sample.frame(3)]],
      [
        "a plan twice",
        [{ type: "plan", digest: sample.DIGEST, text: "a" }],
        [{ type: "plan", digest: sample.DIGEST, text: "b" }],
      ],
      ["a second decision", [decision(true)], [decision(false)]],
      ["a second run", [sample.run()], [sample.run({ runId: "run-2" })]],
      ["a node id without bytes", [], [sample.task(sample.at("half \ud800"))]],
    ])("refuses %s, and all that was with it", async (_, before, bad) => {
      await commit(sample.task(sample.at("kept")), ...before);
      const kept = await store.journal();
      await expect(commit(sample.task(sample.at("dropped")), ...bad)).rejects.toMatchObject({
        name: "StoreError",
        code: "INVALID",
      });
      expect(await store.journal()).toEqual(kept);
      await commit(sample.task(sample.at("later")));
      expect((await store.journal()).tasks.map((t) => t.nodeId)).toEqual(["kept", "later"]);
    });

    it("applies commits made together in order, and drops only the bad one", async () => {
      const settled = await Promise.allSettled([
        commit(sample.event(1), sample.task(sample.at("a"))),
        commit(sample.event(3), sample.task(sample.at("b"))),
        commit(sample.event(2), sample.task(sample.at("c"))),
        ...Array.from({ length: 20 }, (_, i) => commit(sample.event(3 + i))),
      ]);
      expect(settled.map((s) => s.status).indexOf("rejected")).toBe(1);
      expect(settled.filter((s) => s.status === "rejected")).toHaveLength(1);
      const journal = await store.journal();
      expect(journal.tasks.map((t) => t.nodeId)).toEqual(["a", "c"]);
      expect(journal.lastEvent).toBe(22);
    });

    it("pages events and frames", async () => {
      await commit(...Array.from({ length: 25 }, (_, i) => sample.event(i + 1)));
      await commit(...Array.from({ length: 10 }, (_, i) => sample.frame(i * 3)));
      expect((await store.events(20, 3)).map((e) => e.seq)).toEqual([21, 22, 23]);
      expect((await store.events(25, 3)).map((e) => e.seq)).toEqual([]);
      expect((await store.frames(3, 2)).map((f) => f.frame)).toEqual([6, 9]);
    });

    it("does not share objects with its caller", async () => {
      const data: { n: number } = { n: 1 };
      const done = commit({ type: "event", event: { seq: 1, at: 1, type: "t", data } });
      data.n = 2;
      await done;
      const [first] = await store.events(0, 1);
      expect(first?.data).toEqual({ n: 1 });
      (first?.data as { n: number }).n = 3;
      expect((await store.events(0, 1))[0]?.data).toEqual({ n: 1 });
    });

    it("shows other handles what is committed, at once", async () => {
      const reader = await place.reader();
      expect((await reader.journal()).run).toBeNull();
      for (let n = 1; n <= 5; n += 1) {
        await commit(...sample.step(n));
        expect((await reader.journal()).outputs).toHaveLength(n);
        expect((await reader.events(n - 1, 10)).map((e) => e.seq)).toEqual([n]);
        expect((await reader.frames(n - 1, 10)).map((f) => f.frame)).toEqual([n]);
      }
      expect(await reader.journal()).toEqual(await store.journal());
      await reader.close();
    });

    it("is there again after close, under a later epoch", async () => {
      await commit(sample.run(), ...sample.step(1));
      const before = await store.journal();
      const epoch = store.epoch;
      await store.close();
      await expect(commit(sample.event(2))).rejects.toMatchObject({ code: "INVALID" });
      store = await place.open();
      expect(store.epoch).toBeGreaterThan(epoch);
      expect(await store.journal()).toEqual(before);
      await commit(...sample.step(2));
      expect((await store.journal()).lastEvent).toBe(2);
    });

    it("has one owner", async () => {
      await expect(place.open()).rejects.toMatchObject({ name: "StoreError", code: "LOCKED" });
      await commit(...sample.step(1));
    });

    it("refuses a commit of another epoch", async () => {
      const wrong = store.commit({ expectEpoch: store.epoch + 1, writes: [sample.event(1)] });
      await expect(wrong).rejects.toMatchObject({ name: "StoreError", code: "EPOCH" });
      expect((await store.journal()).lastEvent).toBe(0);
    });

    it("fences an owner that lost the run", async () => {
      await commit(sample.run(), ...sample.step(1));
      await place.evict();
      const next = await place.open();
      expect(next.epoch).toBeGreaterThan(store.epoch);
      await expect(commit(...sample.step(2))).rejects.toMatchObject({ code: "EPOCH" });
      await expect(commit(...sample.step(2))).rejects.toMatchObject({ code: "EPOCH" });
      await store.close();

      await next.commit({ expectEpoch: next.epoch, writes: sample.step(2) });
      const reader = await place.reader();
      const journal = await reader.journal();
      expect(journal).toEqual(await next.journal());
      expect(journal.outputs.map((o) => o.nodeId)).toEqual(["task-1", "task-2"]);
      await expect(place.open()).rejects.toMatchObject({ code: "LOCKED" });
      await reader.close();
      await next.close();
    });

    it("takes an empty commit", async () => {
      await commit();
      expect((await store.journal()).lastEvent).toBe(0);
    });
  });
}

function decision(approved: boolean): Write {
  return {
    type: "decision",
    ...sample.at("gate"),
    approved,
    note: null,
    decidedBy: "ann",
    decidedAt: 1,
  };
}
