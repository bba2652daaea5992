/**
 * What a durable commit costs: five-row commits (task, attempt, output, frame, event), one after the other, against a
 * raw append + fdatasync of the same text in the same run; and many committers at once. Goal: flat from 10 to 10,000.
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { step } from "../runtime/store/sample.ts";
import { openStore } from "../runtime/store/sqljs/driver.ts";
import { loadSqlite } from "../runtime/store/sqljs/load.ts";
import { openReader } from "../runtime/store/sqljs/reader.ts";
import type { Store } from "../runtime/store/store.ts";
import { exponent, median } from "./lib/count.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const SIZES = (process.env.SIZES ?? "10,100,1000,10000").split(",").map(Number);
/** Milliseconds a commit → milliseconds of all. */
const totals = (points: readonly (readonly [number, number])[]) =>
  points.map(([n, ms]) => [n, n * ms] as const);
const scratch = fs.mkdtempSync(path.join(process.env.BENCH_DIR ?? os.tmpdir(), "smithers-bench-"));

function rawAppend(count: number): number {
  const fd = fs.openSync(path.join(scratch, "append"), "w");
  const start = performance.now();
  for (let n = 1; n <= count; n += 1) {
    fs.writeSync(fd, `${JSON.stringify(step(n))}\n`);
    fs.fdatasyncSync(fd);
  }
  const took = performance.now() - start;
  fs.closeSync(fd);
  return took / count;
}

const vfs = await loadSqlite();

async function withStore<T>(work: (store: Store, directory: string) => Promise<T>): Promise<T> {
  const directory = fs.mkdtempSync(path.join(scratch, "run-"));
  const store = await openStore(directory, { vfs });
  try {
    return await work(store, directory);
  } finally {
    await store.close();
    fs.rmSync(directory, { recursive: true });
  }
}

async function commits(count: number): Promise<number> {
  return withStore(async (store) => {
    const start = performance.now();
    for (let n = 1; n <= count; n += 1) await store.commit({ expectEpoch: store.epoch, writes: step(n) });
    return (performance.now() - start) / count;
  });
}

/** Each committer commits again as soon as it is acknowledged. @returns commits a second */
async function together(committers: number, count: number): Promise<number> {
  return withStore(async (store) => {
    let n = 0;
    const start = performance.now();
    await Promise.all(
      Array.from({ length: committers }, async () => {
        while (n < count) {
          n += 1;
          await store.commit({ expectEpoch: store.epoch, writes: step(n) });
        }
      }),
    );
    return (count * 1000) / (performance.now() - start);
  });
}

async function reads(rows: number): Promise<{ readonly journal: number; readonly page: number }> {
  return withStore(async (store, directory) => {
    for (let n = 1; n <= rows; n += 1) {
      const done = store.commit({ expectEpoch: store.epoch, writes: step(n) });
      if (n % 100 === 0 || n === rows) await done;
    }
    const reader = await openReader(directory, { vfs });
    const time = async (work: () => Promise<unknown>): Promise<number> => {
      const samples: number[] = [];
      for (let i = 0; i < 15; i += 1) {
        const start = performance.now();
        await work();
        samples.push(performance.now() - start);
      }
      return median(samples);
    };
    return {
      journal: await time(() => reader.journal()),
      page: await time(() => reader.events(rows - 50, 50)),
    };
  });
}

await commits(50); // warm
const ours: [number, number][] = [];
const raws: [number, number][] = [];
console.log("commits   raw append ms   store ms   commits/s   ratio");
for (const size of SIZES) {
  const pairs: [number, number][] = [];
  for (let round = 0; round < ROUNDS; round += 1) pairs.push([rawAppend(size), await commits(size)]);
  const [raw, own] = [median(pairs.map((p) => p[0])), median(pairs.map((p) => p[1]))];
  ours.push([size, own]);
  raws.push([size, raw]);
  const cells = [String(size).padStart(7), raw.toFixed(3).padStart(15), own.toFixed(3).padStart(10)];
  console.log(...cells, (1000 / own).toFixed(0).padStart(11), (own / raw).toFixed(2).padStart(7));
}
console.log(
  `growth exponent: store ${exponent(totals(ours)).toFixed(3)}, raw append ${exponent(totals(raws)).toFixed(3)} (1 = flat)`,
);
for (const committers of [8, 64]) {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rates.push(await together(committers, 4000));
  console.log(`${committers} committers: ${median(rates).toFixed(0)} commits/s`);
}
const { journal, page } = await reads(2000);
console.log(`reader, 2,000 steps: 50 events ${page.toFixed(2)} ms, whole journal ${journal.toFixed(1)} ms`);
const opens: number[] = [];
for (let i = 0; i < 9; i += 1) {
  const directory = fs.mkdtempSync(path.join(scratch, "open-"));
  const start = performance.now();
  const store = await openStore(directory, { vfs });
  opens.push(performance.now() - start);
  await store.close();
}
const start = performance.now();
await loadSqlite();
console.log(
  `open a new store ${median(opens).toFixed(1)} ms, load SQLite ${(performance.now() - start).toFixed(0)} ms`,
);
fs.rmSync(scratch, { recursive: true });
