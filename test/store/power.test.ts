/** Power loss between any two operations of the disk (RUNS= sets the number of cuts). */
import { beforeAll, describe, expect, it } from "vitest";
import type { Holder } from "../../runtime/store/holder.ts";
import { thisProcess } from "../../runtime/store/holder.ts";
import { openStore, type StoreOptions } from "../../runtime/store/sqljs/driver.ts";
import { loadSqlite } from "../../runtime/store/sqljs/load.ts";
import type { NodeVfs } from "../../runtime/store/sqljs/vfs.ts";
import type { Store } from "../../runtime/store/store.ts";
import { integrity, randomFrom, stepsIn, work } from "./check.ts";
import { type Ignored, SimulatedDisk } from "./simulated-disk.ts";

const RUNS = Number(process.env.RUNS ?? 60);
/** Made by the store, with all that is above it. */
const DIRECTORY = "/project/run";
const STEPS = 45;

let vfs: NodeVfs;
beforeAll(async () => {
  vfs = await loadSqlite();
});

/** Found dead by the next owner: it goes on in place. */
const killed = (): Holder => ({ ...thisProcess(), pid: 2 ** 22 + 1 });
/** Of the boot before: its heart no longer beats, so the next owner goes on from a copy. */
const rebooted = (): Holder => ({ ...thisProcess(), boot: "before" });

async function open(disk: SimulatedDisk, holder: Holder, more: StoreOptions = {}): Promise<Store> {
  return openStore(DIRECTORY, {
    above: "/",
    vfs,
    disk,
    holder,
    heartbeatMs: 1e8,
    checkpointBytes: 100_000,
    ...more,
  });
}

/** Steps in three lives: closed well, left to die, and left open. */
async function live(disk: SimulatedDisk, holder: () => Holder, more: StoreOptions = {}): Promise<Store[]> {
  const stores: Store[] = [];
  let n = 0;
  for (const until of [STEPS / 3, (2 * STEPS) / 3, STEPS]) {
    const store = await open(disk, holder(), { ...more, ...(n === 0 ? {} : { staleAfterMs: -1 }) });
    stores.push(store);
    while (n < until) {
      // One alone, then three at once, which are acknowledged together.
      const together = n % 4 === 0 ? 1 : Math.min(3, until - n);
      const commits = Array.from({ length: together }, (_, i) =>
        store.commit({ expectEpoch: store.epoch, writes: work(n + 1 + i, store.epoch) }),
      );
      await Promise.all(commits);
      n += together;
      disk.mark(n);
      await new Promise((resolve) => setImmediate(resolve)); // a checkpoint that is due
    }
    if (until === STEPS / 3) await store.close();
  }
  return stores;
}

interface Verdict {
  readonly acknowledged: number;
  readonly found: number | null;
  readonly problem: string | null;
}

/** Opens what a power loss left and compares it with what was acknowledged. */
async function recover(
  image: ReadonlyMap<string, Uint8Array>,
  acknowledged: number,
  holder: Holder,
): Promise<Verdict> {
  const disk = new SimulatedDisk(image);
  let store: Store | null = null;
  try {
    store = await open(disk, holder);
    const found = stepsIn(await store.journal());
    const sound = integrity(vfs, DIRECTORY, disk);
    if (sound !== "ok") return { acknowledged, found, problem: sound };
    await store.commit({ expectEpoch: store.epoch, writes: work(found + 1, store.epoch) });
    return { acknowledged, found, problem: null };
  } catch (error) {
    return { acknowledged, found: null, problem: String(error) };
  } finally {
    await store?.close().catch(() => undefined);
  }
}

const failed = (v: Verdict): boolean => v.problem !== null || v.found === null || v.found < v.acknowledged;

/** Cuts the power `runs` times within one recorded life. */
async function cuts(
  runs: number,
  holder: () => Holder,
  more: StoreOptions = {},
  ignoreSync?: Ignored,
): Promise<Verdict[]> {
  const disk = new SimulatedDisk(new Map(), ignoreSync);
  const stores = await live(disk, holder, more);
  const random = randomFrom(20_261_121);
  const verdicts: Verdict[] = [];
  for (let i = 0; i < runs; i += 1) {
    const cut = Math.floor(random() * (disk.history.length + 1));
    verdicts.push(await recover(disk.after(cut, random), disk.markedAfter(cut), holder()));
  }
  for (const store of stores) await store.close().catch(() => undefined);
  return verdicts;
}

describe("power loss", () => {
  it.each([
    ["its successor goes on in place", killed],
    ["its successor goes on from a copy", rebooted],
  ])("loses nothing that was acknowledged; %s", async (_, holder) => {
    const verdicts = await cuts(RUNS, holder);
    expect(verdicts.filter(failed)).toEqual([]);
    expect(Math.max(...verdicts.map((v) => v.acknowledged))).toBeGreaterThan(STEPS / 2);
    for (const v of verdicts) expect(v.found).toBeLessThanOrEqual(v.acknowledged + 3);
  });

  it("loses nothing when the power goes again during recovery", async () => {
    const disk = new SimulatedDisk();
    const stores = await live(disk, killed);
    const random = randomFrom(7);
    const verdicts: Verdict[] = [];
    for (let i = 0; i < Math.ceil(RUNS / 2); i += 1) {
      const cut = Math.floor(random() * (disk.history.length + 1));
      const second = new SimulatedDisk(disk.after(cut, random));
      const before = second.history.length;
      const holder = i % 2 ? killed : rebooted;
      const store = await open(second, holder());
      await store.close();
      const again = before + Math.floor(random() * (second.history.length - before + 1));
      verdicts.push(await recover(second.after(again, random), disk.markedAfter(cut), killed()));
    }
    for (const store of stores) await store.close().catch(() => undefined);
    expect(verdicts.filter(failed)).toEqual([]);
  });

  // If these did not fail, the test above could not see a loss.
  it("control: synchronous OFF loses", async () => {
    expect((await cuts(40, killed, { synchronous: "OFF" })).some(failed)).toBe(true);
  });

  it("control: synchronous NORMAL without a sync of its own loses", async () => {
    const verdicts = await cuts(40, killed, { synchronous: "NORMAL" });
    expect(verdicts.some((v) => v.found !== null && v.found < v.acknowledged)).toBe(true);
  });

  it("control: without the sync of the database a checkpoint corrupts or loses", async () => {
    const verdicts = await cuts(50, killed, {}, (file) => file.includes(".db"));
    expect(verdicts.some(failed)).toBe(true);
  });

  it("control: without the sync of the log it loses", async () => {
    const verdicts = await cuts(40, killed, {}, (file) => file.includes("store.log"));
    expect(verdicts.some(failed)).toBe(true);
  });

  it("control: without the sync of large values they are lost or damaged", async () => {
    const verdicts = await cuts(40, killed, {}, (file) => file.includes("blobs"));
    expect(verdicts.some((v) => v.problem?.includes("blobs") ?? false)).toBe(true);
  });
});
